import type { Dice } from "./Dice.ts"
import type { Network } from "./Network.ts"
import type { Timeline } from "./Timeline.ts"

/** A process, as far as trouble is concerned. */
interface Troubled {
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
  readonly forMillis: number
}

const kinds = ["kill", "terminate", "freeze", "jump", "postgres", "blobs"] as const

type Kind = (typeof kinds)[number]

/**
 * What happens to processes and servers besides the weather. Each story has a few kinds of trouble. A process that ended is
 * started again soon, as a supervisor does.
 */
export const troubles = (ground: Ground): { readonly end: () => void } => {
  const { dice, timeline, network, processes, forMillis } = ground
  const some = dice.some(kinds, 0.4)
  const meanMillis = dice.pick([1_500, 4_000, 10_000]) ?? 4_000
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
  const happen: Readonly<Record<Kind, (process: Troubled) => void>> = {
    kill: (process) => process.kill(),
    terminate: (process) => process.terminate(),
    freeze: (process) => {
      process.freeze()
      later(dice.between(100, 15_000), () => process.thaw())
    },
    jump: ({ name, machine }) => {
      machine.skewMillis += dice.between(-1, 1) * (dice.pick([500, 20_000, 3_600_000]) ?? 0)
      timeline.tell(`the clock of ${name} is now ${machine.skewMillis} off`)
    },
    postgres: cut("postgres"),
    blobs: cut("blobs")
  }
  const supervise = (): void => {
    for (const process of processes) if (!process.isUp && (isOver || dice.isBelow(0.3))) process.start()
    later(500, supervise)
  }

  supervise()
  later(dice.below(2 * meanMillis), () => (forMillis > 0 ? next() : undefined))
  return {
    end: () => {
      isOver = true
      network.healAll()
      for (const process of processes) process.thaw()
    }
  }
}
