import type { Hit } from "./Search.ts"

/** The order of answers. */
export const newestFirst = (a: Hit, b: Hit): number =>
  b.receivedAt - a.receivedAt || b.messageId - a.messageId
