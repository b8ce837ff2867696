export interface SendTime {
  readonly name: "evening" | "tomorrow" | "monday"
  /** Epoch milliseconds. */
  readonly at: number
}

/** Times that one may mean by "later", by the clock of who writes; none that has passed, none twice. */
export const sendTimes = (now: Date): ReadonlyArray<SendTime> => {
  const evening = onDay(now, 0, 18)
  const tomorrow = onDay(now, 1, 8)
  const monday = onDay(now, (8 - now.getDay()) % 7 || 7, 8)
  return [
    ...(evening - now.getTime() > 3_600_000 ? [{ name: "evening", at: evening } as const] : []),
    { name: "tomorrow", at: tomorrow },
    ...(monday === tomorrow ? [] : [{ name: "monday", at: monday } as const])
  ]
}

/** By the calendar and not by lengths of days: clocks are put forward and back. */
const onDay = (now: Date, days: number, hour: number): number =>
  new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour).getTime()

/** Of the fields `date` and `time`, as the page's user reads a clock; null where they name no time. */
export const chosenTime = (date: string, time: string): number | null => {
  const at = new Date(`${date}T${time}`).getTime()
  return Number.isNaN(at) ? null : at
}

/** As a field of type `date` and one of type `time` have it. */
export const fieldsOf = (at: number): { readonly date: string; readonly time: string } => {
  const when = new Date(at)
  const two = (value: number) => String(value).padStart(2, "0")
  return {
    date: `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`,
    time: `${two(when.getHours())}:${two(when.getMinutes())}`
  }
}
