import { Effect, Logger, Random } from "effect"
import { MailboxId } from "../../src/domain/ids.ts"
import { makeShardMapMemory, type ShardMapMemory } from "../../src/storage/cluster/ShardMapMemory.ts"
import { check, type Story, unrest } from "./checks.ts"
import { type ClientWorld, newWitnesses, owner, reader, sender, waiter, watcher } from "./clients.ts"
import { edgeProcess, runnerProcess, type Serving } from "./cluster.ts"
import { Database } from "./Database.ts"
import { Dice } from "./Dice.ts"
import type { Servers } from "./drivers.ts"
import { MachineClock, schedulerOf, trueMillis } from "./Machine.ts"
import { Network } from "./Network.ts"
import type { Outcome } from "./Outcome.ts"
import { Process, type ProcessOptions } from "./Process.ts"
import { type Edge, nothingPlanted, type Planted, wholePlatform } from "./platform.ts"
import { sealed } from "./sealed.ts"
import { newLife, Timeline } from "./Timeline.ts"
import { type Kind, type Troubled, troubles } from "./troubles.ts"
import { anyWeather, calm } from "./Weather.ts"

export interface StoryOptions {
  readonly seed: number
  readonly planted?: Partial<Planted>
  readonly isTold?: boolean
  /** Trouble of these kinds alone, in a cluster. */
  readonly troubles?: ReadonlyArray<Kind>
}

/** Milliseconds with faults, and at most so many more until everything must have come to rest. */
const troubledMillis = 15_000
const restMillis = 300_000

const mailboxCount = 3

/** Plays what the seed says. Everything happens before it returns. */
export const play = ({ seed, planted = {}, isTold = false, troubles: only }: StoryOptions): Outcome => {
  const dice = new Dice(seed)
  const doubles = new Dice(~seed)
  const timeline = new Timeline(dice, { isTold })
  return sealed(
    dice,
    () => trueMillis(timeline),
    () => {
      const world = build({
        dice,
        doubles,
        timeline,
        planted: { ...nothingPlanted, ...planted },
        only: only ?? null
      })
      const failure = failureOf(() => unfold(world))
      if (failure !== null) timeline.tell(failure)
      const { witnesses, servers } = world.story
      return {
        seed,
        failure,
        digest: timeline.digest,
        counts: {
          accepted: witnesses.offers.filter(({ fate }) => fate === "accepted").length,
          granted: witnesses.wishes.filter(({ granted }) => granted !== null).length,
          commits: [...servers.database.history.values()].flat().filter(({ _tag }) => _tag === "Committed")
            .length,
          steps: timeline.steps
        },
        lines: timeline.story ?? []
      }
    }
  )
}

const failureOf = (run: () => void): string | null => {
  try {
    run()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface World {
  readonly doubles: Dice
  readonly story: Story
  readonly processes: ReadonlyArray<Troubled>
  readonly edges: ReadonlyArray<Process<Edge>>
  readonly shardMap: ShardMapMemory
  readonly only: ReadonlyArray<Kind> | null
}

interface Ground {
  readonly dice: Dice
  /** What comes twice is theirs. */
  readonly doubles: Dice
  readonly timeline: Timeline
  readonly planted: Planted
  readonly only: ReadonlyArray<Kind> | null
}

const build = ({ dice, doubles, timeline, planted, only }: Ground): World => {
  const mailboxIds = Array.from({ length: mailboxCount }, (_, n) =>
    MailboxId(`00000000-0000-4000-8000-${String(n + 1).padStart(12, "0")}`)
  )
  const shardMap = makeShardMapMemory()
  const servers: Servers = {
    timeline,
    dice,
    network: new Network(timeline, { dice, doubles }),
    database: new Database(timeline, { mailboxIds, planted: planted.store }),
    blobs: new Map(),
    indexed: new Set(),
    shardCount: 4,
    shardMap: shardMap.shardMap
  }
  const process = <R>(name: string, boot: ProcessOptions<R>["boot"]) =>
    new Process({
      timeline,
      dice,
      machine: { name, skewMillis: dice.between(-5_000, 5_000), upMillis: dice.below(10 ** 9) },
      boot
    })
  const story = { servers, mailboxIds, witnesses: newWitnesses(mailboxIds) }
  if (only === null && dice.isBelow(0.25)) {
    const edges = [process("one", wholePlatform(servers, planted))]
    return { doubles, story, edges, processes: edges, shardMap, only }
  }
  const runners = new Map<string, Process<Serving>>()
  for (const name of dice.isBelow(0.6) ? ["mbx1", "mbx2"] : ["mbx1", "mbx2", "mbx3"]) {
    runners.set(name, process(name, runnerProcess(servers, runners, planted)))
  }
  const edges = (dice.isBelow(0.5) ? ["edge1"] : ["edge1", "edge2"]).map((name) =>
    process(name, edgeProcess(servers, runners, planted))
  )
  return { doubles, story, edges, processes: [...runners.values(), ...edges], shardMap, only }
}

/** Faults first, then none: what was accepted must come to its end. */
const unfold = ({ doubles, story, processes, edges, shardMap, only }: World): void => {
  const { servers } = story
  const { timeline, dice, network } = servers
  let nextLook = troubledMillis
  const isOver = () => {
    if (timeline.now < nextLook) return false
    nextLook = timeline.now + 250
    return unrest(story).length === 0
  }
  const troubled = troubles({ dice, timeline, network, processes, shardMap, only })
  for (const process of processes) process.start()
  network.weather = anyWeather(dice, doubles)
  timeline.after(network.wire, troubledMillis, () => {
    timeline.tell("the weather is calm from now on")
    network.weather = calm
    troubled.end()
  })
  startClients({ dice, network, edges, mailboxIds: story.mailboxIds, witnesses: story.witnesses }, timeline)
  if (!timeline.run(troubledMillis + restMillis, isOver)) throw new Error(unrest(story).join("; "))
  check(story)
}

const startClients = (world: ClientWorld, timeline: Timeline): void => {
  const { witnesses } = world
  const life = newLife("clients")
  const start = (effect: Effect.Effect<void>, { isEndless = false } = {}) => {
    if (!isEndless) witnesses.busy++
    Effect.runFork(
      effect.pipe(
        Effect.withClock(new MachineClock(timeline, { name: "clients", skewMillis: 0, upMillis: 0 }, life)),
        Effect.withRandom(Random.make(world.dice.below(2 ** 31))),
        Effect.provide(Logger.remove(Logger.defaultLogger))
      ),
      { scheduler: schedulerOf(timeline, life), immediate: false }
    )
  }
  for (const name of ["ann", "ben"]) start(sender(world, name, 8))
  for (const watched of witnesses.watched) {
    start(watcher(world, watched), { isEndless: true })
    start(owner(world, watched, 6))
    start(reader(world, watched.mailboxId), { isEndless: true })
  }
  for (const waiting of witnesses.waiters) start(waiter(world, waiting), { isEndless: true })
}
