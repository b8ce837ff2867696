import type { Shard } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"

/** A shard's way from one runner to another, as it was seen from here. */
export interface SeenMove {
  readonly key: string
  readonly shardId: number
  /** Empty where nobody had it. */
  readonly from: string
  readonly to: string
  readonly beganAt: number
  /** Absent while it is under way. */
  readonly endedAt?: number
  /** The shard is not where it was to go. */
  readonly isCalledOff?: boolean
  /** Of the new owner. */
  readonly epoch?: bigint
}

/** One look at the shards. */
export interface Look {
  readonly at: number
  readonly shards: ReadonlyArray<Shard>
}

/** How many moves that ended are remembered. */
export const keptMoves = 50

/**
 * What two looks one after the other say about moves; the youngest first. A move that began and ended between them is seen
 * only by its new owner, and counted from the look before.
 */
export const observeMoves = (
  moves: ReadonlyArray<SeenMove>,
  before: Look | undefined,
  now: Look
): ReadonlyArray<SeenMove> => {
  const earlier = new Map(before?.shards.map((shard) => [shard.shardId, shard]))
  const open = new Map(moves.filter(isUnderWay).map((move) => [move.shardId, move]))
  const seen = now.shards.map((shard) => {
    const was = earlier.get(shard.shardId)
    const hasMoved = was !== undefined && was.owner !== shard.owner && shard.owner !== ""
    const unseen = hasMoved
      ? begin(shard.shardId, { from: was.owner, to: shard.owner, at: before?.at ?? now.at })
      : undefined
    return step(shard, { known: open.get(shard.shardId), unseen, at: now.at })
  })
  const underWay = seen.flatMap((one) => one.underWay ?? [])
  const ended = seen.flatMap((one) => one.ended ?? [])
  const past = moves.filter((move) => !isUnderWay(move))
  return [...underWay, ...ended, ...past].slice(0, underWay.length + keptMoves)
}

interface Known {
  /** Its move that was under way before. */
  readonly known: SeenMove | undefined
  /** The move that must have happened, where its owner is another one now. */
  readonly unseen: SeenMove | undefined
  readonly at: number
}

/** What became of a shard's move, and whether one is under way. */
const step = (
  shard: Shard,
  { known, unseen, at }: Known
): { readonly ended?: SeenMove; readonly underWay?: SeenMove } => {
  const isMoving = shard.target !== "" && shard.target !== shard.owner
  if (known !== undefined && unseen === undefined && isMoving && known.to === shard.target) {
    return { underWay: known }
  }
  const over = known ?? unseen
  return {
    ...(over === undefined ? {} : { ended: endOf(over, shard, at) }),
    ...(isMoving ? { underWay: begin(shard.shardId, { from: shard.owner, to: shard.target, at }) } : {})
  }
}

export const isUnderWay = ({ endedAt }: SeenMove): boolean => endedAt === undefined

const begin = (
  shardId: number,
  { from, to, at }: { readonly from: string; readonly to: string; readonly at: number }
): SeenMove => ({ key: `${shardId} ${to} ${at}`, shardId, from, to, beganAt: at })

const endOf = (move: SeenMove, shard: Shard, at: number): SeenMove => ({
  ...move,
  endedAt: at,
  isCalledOff: shard.owner !== move.to,
  epoch: shard.epoch
})
