import type { StoredMessage } from "../Message.ts"

/** What an answer may still hold. */
export interface Room {
  readonly items: number
  readonly bytes: number
  /** A message counts with no more than this. */
  readonly maxItemBytes: number
  /** Nothing was told yet: the first item is, however large. */
  readonly isUntouched: boolean
}

export interface Cost {
  readonly items: number
  readonly bytes: number
}

const nothing: Cost = { items: 0, bytes: 0 }

/** Octets that an item takes besides its text. */
const frame = { Add: 1_000, Change: 200, Delete: 50, SoftDelete: 50 }

export const costOf = (
  op: keyof typeof frame | undefined,
  message: StoredMessage | undefined,
  room: Room
): Cost => {
  if (op === undefined) return nothing
  const text = op === "Add" ? Math.min(message?.sizeBytes ?? 0, room.maxItemBytes) : 0
  return { items: 1, bytes: frame[op] + text }
}

export const fits = (room: Room, cost: Cost): boolean =>
  cost.items <= room.items && (cost.bytes <= room.bytes || room.isUntouched)

export const take = (room: Room, cost: Cost): Room => ({
  ...room,
  items: room.items - cost.items,
  bytes: room.bytes - cost.bytes,
  isUntouched: room.isUntouched && cost.items === 0
})
