interface At {
  /** -1 = nowhere yet. */
  readonly at: number
  readonly last: number
  readonly perPage: number
}

/** Where a key leads to in a list; undefined where it leads nowhere. */
export const indexAfter = (key: string, { at, last, perPage }: At): number | undefined => {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + perPage,
    PageUp: at - perPage,
    Home: 0,
    End: last
  }
  const to = steps[key]
  return to === undefined ? undefined : Math.max(0, Math.min(to, last))
}
