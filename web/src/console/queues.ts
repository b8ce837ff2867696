import type { Client } from "@connectrpc/connect"
import type { QueueService } from "../../../src/rpc/gen/postroom/core/v1/queue_pb.ts"

/** How one stream stands. */
export interface QueueRow {
  readonly stream: string
  readonly group: string
  readonly waiting: number
  readonly running: number
  readonly dead: number
  /** Age of the oldest due task. */
  readonly oldestMillis: number
}

/** What became of the recipients of all accepted messages. */
export interface LedgerRow {
  readonly accepted: number
  readonly delivered: number
  readonly bounced: number
  readonly inFlight: number
  readonly deadLettered: number
  readonly dropped: number
  readonly imbalance: number
}

type QueueClient = Client<typeof QueueService>

export const readQueues =
  (queue: QueueClient) =>
  async (signal: AbortSignal): Promise<ReadonlyArray<QueueRow>> => {
    const { queues } = await queue.listQueues({}, { signal })
    return queues.map(({ stream, group, queued, running, dead, lagMillis }) => ({
      stream,
      group,
      waiting: Number(queued),
      running: Number(running),
      dead: Number(dead),
      oldestMillis: Number(lagMillis)
    }))
  }

export const readLedger =
  (queue: QueueClient) =>
  async (signal: AbortSignal): Promise<LedgerRow> => {
    const ledger = await queue.getLedger({}, { signal })
    return {
      accepted: Number(ledger.accepted),
      delivered: Number(ledger.delivered),
      bounced: Number(ledger.bounced),
      inFlight: Number(ledger.inFlight),
      deadLettered: Number(ledger.deadLettered),
      dropped: Number(ledger.dropped),
      imbalance: Number(ledger.imbalance)
    }
  }
