/** One number at one time. */
export interface Sample {
  readonly at: number
  readonly value: number
}

/** By what they are of; each from old to new. */
export type History = ReadonlyMap<string, ReadonlyArray<Sample>>

/** How far back the pictures reach. */
export const historyMillis = 15 * 60_000

/** Adds one sample of each, and lets go of what has become too old. */
export const remember = (
  history: History,
  at: number,
  values: Iterable<readonly [string, number]>
): History => {
  const next = new Map(history)
  for (const [name, value] of values) {
    const kept = (history.get(name) ?? []).filter((sample) => sample.at > at - historyMillis)
    next.set(name, [...kept, { at, value }])
  }
  return next
}

/** Growth per second over the last `overMillis`; undefined until there are two samples apart. */
export const rateOf = (samples: ReadonlyArray<Sample>, overMillis: number): number | undefined => {
  const last = samples.at(-1)
  if (last === undefined) return undefined
  const first = samples.find((sample) => sample.at >= last.at - overMillis)
  if (first === undefined || first.at === last.at) return undefined
  return Math.max(0, ((last.value - first.value) * 1000) / (last.at - first.at))
}
