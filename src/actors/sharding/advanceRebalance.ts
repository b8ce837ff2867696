import type { RunnerId, ShardId } from "../../domain/ids.ts"
import type { Move, MoveState, RebalanceStep, WholeRebalance } from "../../storage/cluster/Rebalances.ts"
import { type ShardMapView, type ShardSwap, takesShards } from "../../storage/cluster/ShardMap.ts"
import { livingOwner } from "./steps.ts"

export interface Guards {
  /** Age in milliseconds of the oldest due task of any stream. */
  readonly queueAgeMillis: number
  readonly maxQueueAgeMillis: number
  /** After which a move is called off. */
  readonly moveMillis: number
  /** Failed moves after which no further one is made. */
  readonly maxFailures: number
}

export interface Advance extends RebalanceStep {
  /** Wishes to put into the map. */
  readonly swaps: ReadonlyArray<ShardSwap>
}

/**
 * The next step of a rebalance: which moves ended, which begin, and whether it goes on. A move is a wish in the map, and done
 * when the shard's owner is its target; so whoever takes over from a dead coordinator finds in the map how far it has come.
 */
export const advanceRebalance = (rebalance: WholeRebalance, view: ShardMapView, guards: Guards): Advance => {
  const reason = reasonToWait(view, guards)
  const found = rebalance.moves.map((move) => {
    const state = stateOf(move, view, guards)
    // Whoever is away may come back before it goes on.
    return state === "skipped" && move.state === "waiting" && reason !== "" ? "waiting" : state
  })
  const fate = fateOf(found, reason, guards)
  const moving = found.filter((state) => state === "moving").length
  const isHeld = rebalance.state === "stopped" || fate.state !== "running"
  const free = isHeld ? 0 : Math.max(0, rebalance.maxMoving - moving)
  const changed = [...found.entries()].filter(([n, state]) => state !== rebalance.moves[n]?.state)
  const waiting = rebalance.moves.filter((_, n) => found[n] === "waiting")
  const overdue = changed.flatMap(([n, state]) => (state === "failed" ? (rebalance.moves[n] ?? []) : []))
  return {
    ...fate,
    moves: new Map(changed),
    swaps: [
      ...overdue.flatMap(({ shardId }) => wish(view, shardId, null)),
      ...waiting.slice(0, free).flatMap(({ shardId, to }) => wish(view, shardId, to))
    ]
  }
}

const fateOf = (
  moves: ReadonlyArray<MoveState>,
  reason: string,
  { maxFailures }: Guards
): Pick<RebalanceStep, "state" | "reason"> => {
  const failed = moves.filter((state) => state === "failed").length
  if (failed >= maxFailures) return { state: "stopped", reason: `${failed} moves failed` }
  if (!moves.some((state) => state === "waiting" || state === "moving")) return { state: "done", reason: "" }
  return { state: reason === "" ? "running" : "paused", reason }
}

const stateOf = (move: Move, view: ShardMapView, { moveMillis }: Guards): MoveState => {
  if (move.state !== "waiting" && move.state !== "moving") return move.state
  const entry = view.shards.get(move.shardId)
  const owner = entry?.owner?.runnerId ?? null
  if (owner === move.to) return "done"
  if (entry?.target === move.to) return move.movingMillis > moveMillis ? "failed" : "moving"
  // Somebody else wants it elsewhere, or its source or target went away.
  if (move.state === "moving" || owner !== move.from || entry?.target !== null) return "skipped"
  if ((view.pins.get(move.shardId) ?? move.to) !== move.to) return "skipped"
  const to = view.runners.get(move.to)
  return to !== undefined && takesShards(to) ? "waiting" : "skipped"
}

/** Empty = go on. */
const reasonToWait = (view: ShardMapView, guards: Guards): string => {
  const lost = new Set<RunnerId>()
  for (const { owner } of view.shards.values()) {
    if (owner !== null && livingOwner(view, owner) === undefined) lost.add(owner.runnerId)
  }
  if (lost.size > 0) return `shards of ${[...lost].sort().join(", ")} have no living owner`
  if (guards.queueAgeMillis <= guards.maxQueueAgeMillis) return ""
  return `work has waited for ${Math.round(guards.queueAgeMillis / 1000)} s`
}

const wish = (view: ShardMapView, shardId: ShardId, target: RunnerId | null): ReadonlyArray<ShardSwap> => {
  const entry = view.shards.get(shardId)
  return entry === undefined
    ? []
    : [{ shardId, expected: entry, next: { ...entry, target }, onlyAfter: null }]
}
