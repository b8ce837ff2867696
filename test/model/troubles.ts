import { Effect, Fiber, Random, type Scope } from "effect"
import { shardOf } from "../../src/actors/sharding/Ownership.ts"
import { MailboxId } from "../../src/domain/ids.ts"
import { anyOf, type Fleet, type FleetProcess, type Operator, shardCount } from "../support/fleet.ts"
import { persist } from "../support/persist.ts"
import type { Roads } from "../support/roads.ts"
import type { TcpProxy } from "../support/tcpProxy.ts"

/** What befalls a fleet, one at a time; each leaves it whole. */
export interface Troubles {
  /** How often each came. */
  readonly counts: ReadonlyMap<string, number>
  /** No more of them; waits until the last one is over. */
  readonly end: Effect.Effect<void>
}

interface Cast {
  readonly fleet: Fleet
  readonly roads: Roads
  readonly operator: Operator
  /** Shards of those who have phones. */
  readonly shardIds: ReadonlyArray<number>
}

const forMillis = (from: number, to: number) => Effect.flatMap(Random.nextIntBetween(from, to), Effect.sleep)

/** Ended, and after a while started again. */
const restarted = (victim: FleetProcess, signal: NodeJS.Signals) =>
  victim.kill(signal).pipe(Effect.zipRight(forMillis(0, 6_000)), Effect.zipRight(victim.start))

const move = ({ fleet, operator, shardIds }: Cast) =>
  Effect.forEach(shardIds, (shardId) =>
    Effect.flatMap(anyOf(fleet.runners), ({ name }) =>
      // There is no map sometimes, and no such runner.
      Effect.ignore(
        operator.call((signal) =>
          operator.cluster.moveShards({ shardIds: [shardId], toRunnerId: name }, { signal })
        )
      )
    )
  )

const ways = ["from others", "to Valkey", "to Postgres"] as const

/** Of a runner, or from a door to a server. */
const onSomeRoad = ({ fleet, roads }: Cast, fault: (road: TcpProxy) => Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const { name } = yield* anyOf([...fleet.runners, ...fleet.doors])
    const road = roads.of(name, yield* anyOf(ways))
    yield* fault(road)
    yield* forMillis(1_000, 8_000)
    yield* road.pass
  })

const stories: Readonly<Record<string, (cast: Cast) => Effect.Effect<unknown>>> = {
  "owner stopped": ({ fleet }) =>
    Effect.flatMap(anyOf(fleet.runners), (victim) => restarted(victim, "SIGTERM")),
  "owner killed": ({ fleet }) =>
    Effect.flatMap(anyOf(fleet.runners), (victim) => restarted(victim, "SIGKILL")),
  "owner frozen": ({ fleet }) =>
    Effect.flatMap(anyOf(fleet.runners), ({ kill }) =>
      // Mostly past its lease.
      kill("SIGSTOP").pipe(Effect.zipRight(forMillis(2_000, 9_000)), Effect.zipRight(kill("SIGCONT")))
    ),
  "door stopped": ({ fleet }) => Effect.flatMap(anyOf(fleet.doors), (victim) => restarted(victim, "SIGTERM")),
  "door killed": ({ fleet }) => Effect.flatMap(anyOf(fleet.doors), (victim) => restarted(victim, "SIGKILL")),
  "map flushed": ({ fleet }) => fleet.valkey.ask("flushall"),
  "map away": ({ fleet: { valkey } }) =>
    valkey.kill.pipe(Effect.zipRight(forMillis(0, 6_000)), Effect.zipRight(valkey.revive)),
  "Postgres killed": ({ fleet }) => fleet.postgres.crash,
  "Postgres away": ({ fleet }) => fleet.postgres.whileDown(forMillis(0, 6_000)),
  "a road slow": (cast) => onSomeRoad(cast, (road) => road.delay({ millis: 50, jitterMillis: 100 })),
  "a road half open": (cast) => onSomeRoad(cast, (road) => road.swallow("down")),
  "a road silent": (cast) => onSomeRoad(cast, (road) => road.stall()),
  "a road closed": (cast) => onSomeRoad(cast, (road) => road.refuse),
  moved: move,
  "moved on and on": (cast) =>
    Effect.forEach(Array(10), () => Effect.zipRight(move(cast), forMillis(0, 500))),
  drained: ({ fleet, operator: { cluster, call } }) =>
    Effect.flatMap(anyOf(fleet.runners), ({ name: runnerId }) =>
      Effect.ignore(call((signal) => cluster.drainRunner({ runnerId }, { signal }))).pipe(
        Effect.zipRight(forMillis(1_000, 5_000)),
        Effect.zipRight(
          Effect.orDie(persist(call((signal) => cluster.undrainRunner({ runnerId }, { signal }))))
        )
      )
    )
}

/** Begins at once, and goes on until `end`. Each comes once before any comes again. */
export const startTroubles = (
  fleet: Fleet,
  roads: Roads,
  people: ReadonlyArray<string>
): Effect.Effect<Troubles, never, Scope.Scope> =>
  Effect.gen(function* () {
    const operator = yield* fleet.platform.operator
    const users = yield* fleet.platform.query<{ readonly id: string; readonly email: string }>(
      "SELECT id, email FROM mail_state.users"
    )
    const shardIds = users
      .filter(({ email }) => people.includes(email))
      .map(({ id }) => shardOf(MailboxId(id), shardCount))
    const all = Object.entries(stories)
    const counts = new Map<string, number>()
    let isOver = false
    const next = Effect.fnUntraced(function* ([name, story]: (typeof all)[number]) {
      if (isOver) return
      yield* Effect.logInfo(name)
      yield* story({ fleet, roads, operator, shardIds })
      counts.set(name, (counts.get(name) ?? 0) + 1)
      yield* forMillis(0, 3_000)
    })
    const round = Effect.flatMap(Random.shuffle(all), (some) => Effect.forEach(some, next, { discard: true }))
    const fiber = yield* Effect.forkScoped(Effect.repeat(round, { while: () => !isOver }))
    return {
      counts,
      end: Effect.suspend(() => {
        isOver = true
        return Effect.asVoid(Fiber.join(fiber))
      })
    }
  })
