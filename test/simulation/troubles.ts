import { Exit } from "effect"
import { RunnerId, type ShardId } from "../../src/domain/ids.ts"
import type { ShardMapMemory } from "../../src/storage/cluster/ShardMapMemory.ts"
import { outcomeOf } from "./Database.ts"
import type { Dice } from "./Dice.ts"
import type { Network } from "./Network.ts"
import type { Timeline } from "./Timeline.ts"

/** A process, as far as trouble is concerned. */
export interface Troubled {
  readonly name: string
  readonly isUp: boolean
  readonly machine: { skewMillis: number }
  readonly start: () => void
  readonly kill: () => void
  readonly terminate: () => void
  readonly freeze: () => void
  readonly thaw: () => void
}

interface Ground {
  readonly dice: Dice
  readonly timeline: Timeline
  readonly network: Network
  readonly processes: ReadonlyArray<Troubled>
  readonly shardMap: ShardMapMemory
  /** These; null = some. */
  readonly only: ReadonlyArray<Kind> | null
}

const kinds = [
  "kill",
  "terminate",
  "freeze",
  "jump",
  "postgres",
  "blobs",
  "valkey",
  "flush",
  "split",
  "minority",
  "partition",
  "move",
  "drain"
] as const

export type Kind = (typeof kinds)[number]

/**
 * What happens to processes and servers besides the weather, and what operators do meanwhile. Each story has a few kinds of
 * it. A process that ended is started again soon, as a supervisor does.
 */
export const troubles = (ground: Ground): { readonly end: () => void } => {
  const { dice, timeline, network, processes, shardMap, only } = ground
  const some = only ?? dice.some(kinds, 0.3)
  const meanMillis = dice.pick([800, 2_000, 5_000]) ?? 2_000
  let isOver = false
  const later = (millis: number, task: () => void) => void timeline.after(network.wire, millis, task)

  const next = (): void => {
    if (isOver) return
    const kind = dice.pick(some)
    const process = dice.pick(processes)
    if (kind !== undefined && process !== undefined) happen[kind](process)
    later(dice.between(100, 2 * meanMillis), next)
  }
  const cut = (place: string) => (): void => {
    timeline.tell(`${place} cannot be reached`)
    network.cutOff(place)
    later(dice.between(100, 9_000), () => network.heal(place))
  }
  const cutBetween = (one: string, other: string, millis = dice.between(1_000, 12_000)): void => {
    timeline.tell(`${one} and ${other} cannot reach each other`)
    network.cutBetween(one, other)
    later(millis, () => network.healBetween(one, other))
  }
  const move = (): void => {
    const view = outcomeOf(shardMap.shardMap.read)
    if (Exit.isFailure(view)) return
    const [shardId, entry] = dice.pick([...view.value.shards]) ?? []
    const target = dice.pick([...view.value.runners.keys()])
    if (shardId === undefined || entry === undefined || target === undefined) return
    timeline.tell(`an operator moves shard ${shardId} to ${target}`)
    outcomeOf(shardMap.shardMap.swap([aimed(shardId, { entry, target })]))
  }
  const happen: Readonly<Record<Kind, (process: Troubled) => void>> = {
    kill: (process) => process.kill(),
    terminate: (process) => process.terminate(),
    freeze: (process) => {
      process.freeze()
      later(dice.between(100, 12_000), () => process.thaw())
    },
    jump: ({ name, machine }) => {
      machine.skewMillis += (dice.pick([-1, 1]) ?? 1) * (dice.pick([500, 20_000, 3_600_000]) ?? 0)
      timeline.tell(`the clock of ${name} is now ${machine.skewMillis} off`)
    },
    postgres: cut("postgres"),
    blobs: cut("blobs"),
    valkey: cut("valkey"),
    flush: () => {
      timeline.tell("the shard map is lost")
      outcomeOf(shardMap.flush)
    },
    split: ({ name }) => cutBetween(name, "valkey"),
    minority: (process) => {
      const millis = dice.between(5_000, 12_000)
      for (const { name } of new Set([process, dice.pick(processes) ?? process])) {
        cutBetween(name, "valkey", millis)
      }
    },
    partition: ({ name }) => {
      const other = dice.pick(processes)
      if (other !== undefined && other.name !== name) cutBetween(name, other.name)
    },
    move,
    drain: ({ name }) => {
      timeline.tell(`an operator drains ${name}`)
      const drain = (isDraining: boolean) => outcomeOf(shardMap.shardMap.drain(RunnerId(name), isDraining))
      drain(true)
      later(dice.between(500, 6_000), () => void drain(false))
    }
  }
  const supervise = (): void => {
    for (const process of processes) if (!process.isUp && (isOver || dice.isBelow(0.3))) process.start()
    later(500, supervise)
  }

  supervise()
  later(dice.below(2 * meanMillis), next)
  return {
    end: () => {
      isOver = true
      network.healAll()
      for (const process of processes) {
        process.thaw()
        outcomeOf(shardMap.shardMap.drain(RunnerId(process.name), false))
      }
    }
  }
}

type Entry = NonNullable<Parameters<ShardMapMemory["shardMap"]["swap"]>[0][number]["expected"]>

const aimed = (
  shardId: ShardId,
  { entry, target }: { readonly entry: Entry; readonly target: RunnerId }
) => ({
  shardId,
  expected: entry,
  next: { ...entry, target },
  onlyAfter: null
})
