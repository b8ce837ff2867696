import { Context, type Effect, Schema } from "effect"
import type { ShardId } from "../../domain/ids.ts"
import type { RunnerLife, ShardOwner } from "../../storage/cluster/ShardMap.ts"
import type { MailboxMethods, Moved } from "../mailbox/MailboxProtocol.ts"

/** The other process did not answer, or not in time: it is gone, frozen, or cannot be reached. */
export class PeerAway extends Schema.TaggedError<PeerAway>()("PeerAway", {
  /** True where it may have done what it was asked for. */
  isOpen: Schema.Boolean
}) {}

/** Where one wants a shard that another one has. */
export interface HandOver {
  readonly shardId: ShardId
  /** As the map has it; another life or epoch gives nothing. */
  readonly owner: ShardOwner
  readonly to: RunnerLife
}

/** A runner as others reach it. */
export interface Peer extends MailboxMethods<PeerAway> {
  /**
   * Ends the shard's work there: when it answers, nothing of it is under way. Whoever asked then claims it. A shard that
   * is not claimed in time the runner takes back, under an epoch of its own.
   */
  readonly handOver: (wish: HandOver) => Effect.Effect<void, Moved | PeerAway>
}

/** The runners that this process calls, by their `host:port`. Connections open at the first call and serve all. */
export class Peers extends Context.Tag("postroom/actors/Peers")<
  Peers,
  {
    readonly at: (address: string) => Peer
  }
>() {}
