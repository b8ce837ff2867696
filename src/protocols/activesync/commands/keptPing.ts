import { Option, Schema } from "effect"
import type { Json } from "../../../domain/sync/Cursor.ts"

const PingTerms = Schema.Struct({
  /** Seconds. */
  heartbeat: Schema.Number,
  collectionIds: Schema.Array(Schema.String)
})

/** What a device waits for, as it said it last (MS-ASCMD_R3152, R5836). */
export type PingTerms = typeof PingTerms.Type

export const toKept = ({ heartbeat, collectionIds }: PingTerms): Json => ({ heartbeat, collectionIds })

/** Undefined where nothing is kept, or by another release in another shape. */
export const fromKept = (kept: Json | undefined): PingTerms | undefined =>
  Option.getOrUndefined(Schema.decodeUnknownOption(PingTerms)(kept))

export const sameTerms = (a: PingTerms, b: PingTerms): boolean =>
  a.heartbeat === b.heartbeat &&
  a.collectionIds.length === b.collectionIds.length &&
  a.collectionIds.every((id, index) => id === b.collectionIds[index])
