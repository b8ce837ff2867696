/** The value below which `part` (0 to 1) of the values lie, by nearest rank; NaN of nothing. */
export const percentile = (values: ReadonlyArray<number>, part: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? Number.NaN
}

export const median = (values: ReadonlyArray<number>): number => percentile(values, 0.5)

/** `812 (790–840)`: median, least and most of the rounds. */
export const spread = (values: ReadonlyArray<number>, digits = 0): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`

/** Median of the ratios of paired rounds. */
export const ratio = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): string =>
  spread(
    ours.flatMap((value, index) => {
      const other = theirs[index]
      return other === undefined ? [] : [value / other]
    }),
    2
  )
