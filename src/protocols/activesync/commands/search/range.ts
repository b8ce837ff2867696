/** Zero-based, both ends included. */
export interface ResultRange {
  readonly first: number
  readonly last: number
}

/** Results of a search, at most (MS-ASCMD_R3733, R3735). */
export const maxResults = 100

export const defaultRange: ResultRange = { first: 0, last: maxResults - 1 }

/** `m-n`; undefined where it is none, or ends before it begins. */
export const rangeOf = (text: string): ResultRange | undefined => {
  const [, first, last] = /^\s*(\d{1,9})-(\d{1,9})\s*$/.exec(text) ?? []
  if (first === undefined || last === undefined || Number(first) > Number(last)) return undefined
  return { first: Number(first), last: Number(last) }
}

/** As answers tell it: the results from `first` on; undefined where there are none. */
export const rangeText = (first: number, count: number): string | undefined =>
  count === 0 ? undefined : `${first}-${first + count - 1}`
