import type { Balance } from "../../storage/ledger/Ledger.ts"
import { groupOf, type StreamStats } from "../../storage/streams/Streams.ts"

export const queueToWire = ({ stream, queued, running, dead, lagMillis }: StreamStats) => ({
  stream,
  group: groupOf[stream],
  queued: BigInt(queued),
  running: BigInt(running),
  dead: BigInt(dead),
  lagMillis: BigInt(Math.max(0, Math.round(lagMillis)))
})

export const ledgerToWire = (balance: Balance) => ({
  accepted: BigInt(balance.accepted),
  delivered: BigInt(balance.delivered),
  bounced: BigInt(balance.bounced),
  inFlight: BigInt(balance.inFlight),
  deadLettered: BigInt(balance.deadLettered),
  dropped: BigInt(balance.dropped),
  imbalance: BigInt(balance.imbalance)
})
