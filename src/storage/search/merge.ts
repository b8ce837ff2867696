import type { Hit } from "./Search.ts"

/** The order of answers. */
export const newestFirst = (a: Hit, b: Hit): number =>
  b.receivedAt - a.receivedAt || b.messageId - a.messageId

/** One page of what two were asked for; what both name is there once. */
export const merge = (a: ReadonlyArray<Hit>, b: ReadonlyArray<Hit>, limit: number): ReadonlyArray<Hit> => {
  const known = new Map([...a, ...b].map((hit) => [hit.messageId, hit]))
  return [...known.values()].sort(newestFirst).slice(0, limit)
}
