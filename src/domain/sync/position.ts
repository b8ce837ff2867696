import { Order } from "effect"
import { Uid } from "../ids.ts"
import type { StoredMessage } from "../Message.ts"
import type { Position, SyncOptions } from "./Cursor.ts"

/** Before every message. Postgres knows no much earlier time. */
export const beginning: Position = { at: -1e14, uid: Uid(0) }

/** After every message. */
export const end: Position = { at: 8e15, uid: Uid(0) }

export const positionOf = ({ receivedAt, uid }: StoredMessage): Position => ({ at: receivedAt, uid })

const byAge: Order.Order<Position> = Order.combine(
  Order.mapInput(Order.number, ({ at }: Position) => at),
  Order.mapInput(Order.number, ({ uid }: Position) => uid)
)

export const isBefore = Order.lessThan(byAge)
export const isFrom = Order.greaterThanOrEqualTo(byAge)
export const compareAge: (a: Position, b: Position) => number = byAge

export const isSame = (a: Position, b: Position): boolean => byAge(a, b) === 0

const hour = 3_600_000

/** Where the options' filter begins. By the hour, so that time alone is news once an hour. */
export const filterStart = ({ days }: SyncOptions, now: number): Position =>
  days === null ? beginning : { at: Math.floor(now / hour) * hour - days * 24 * hour, uid: Uid(0) }
