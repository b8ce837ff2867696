import type { RunnerId } from "../../domain/ids.ts"
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
  /** Wishes to put into the map, by the places of their moves: each once the state of its move is written down. */
  readonly wishes: ReadonlyMap<number, ShardSwap>
}

/**
 * The next step of a rebalance: which moves ended, which begin, and whether it goes on. A move is a wish in the map, and done
 * when the shard's owner is its target. It is under way before its wish is in the map; so who stops the rebalance is told of
 * all that may still move, and whoever takes over from a dead coordinator puts the wish there.
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
  const waiting = [...found.keys()].filter((n) => found[n] === "waiting")
  for (const n of waiting.slice(0, free)) found[n] = "moving"
  const wishes = new Map(
    rebalance.moves.flatMap((move, n) => {
      const swap = wishOf(move, found[n], view)
      return swap === undefined ? [] : [[n, swap] as const]
    })
  )
  const written = [...found.entries()].filter(
    ([n, state]) => state !== rebalance.moves[n]?.state || wishes.has(n)
  )
  return { ...fate, moves: new Map(written), wishes }
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
  const stays = move.movingMillis > moveMillis ? "failed" : move.state
  // The map was lost: its owner puts it back.
  if (entry === undefined) return stays
  const owner = entry.owner?.runnerId ?? null
  if (owner === move.to) return "done"
  if (entry.target === move.to) return stays === "failed" ? stays : "moving"
  // Somebody else wants it elsewhere, or its source or target went away.
  if (owner !== move.from || entry.target !== null) return "skipped"
  if ((view.pins.get(move.shardId) ?? move.to) !== move.to) return "skipped"
  const to = view.runners.get(move.to)
  return to !== undefined && takesShards(to) ? stays : "skipped"
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

/** What the map does not say yet: where the shard is to go, or that it stays after all. */
const wishOf = (
  { shardId, to, state: before }: Move,
  state: MoveState | undefined,
  view: ShardMapView
): ShardSwap | undefined => {
  const entry = view.shards.get(shardId)
  if (entry === undefined) return undefined
  const swap = (target: RunnerId | null) => ({
    shardId,
    expected: entry,
    next: { ...entry, target },
    onlyAfter: null
  })
  if (state === "moving" && entry.target === null) return swap(to)
  return state === "failed" && before !== state && entry.target === to ? swap(null) : undefined
}
