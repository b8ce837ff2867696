import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, type Scope } from "effect"
import { shardOf } from "../../../src/actors/sharding/Ownership.ts"
import { MailboxId } from "../../../src/domain/ids.ts"
import {
  type Fleet,
  type FleetProcess,
  fairShare,
  fleetUnderTest,
  shardCount,
  untilFair
} from "../../support/fleet.ts"
import { fleetStory } from "../../support/fleetStory.ts"
import { type Platform, platformAt } from "../../support/platform.ts"
import { makeRoads, type Roads } from "../../support/roads.ts"
import { chaosRounds } from "../../support/rounds.ts"
import { hasValkey } from "../../support/valkey.ts"

const alice = "alice@demo.test"
const wishCount = 20

/** Wishes for alice's mailbox, as a client has them who is connected already; who was granted which. */
const wishesFor = (
  platform: Platform,
  name: string
): Effect.Effect<{ readonly ask: Effect.Effect<ReadonlyArray<string>> }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { mailbox, call } = yield* platform.client(alice)
    const listed = call((signal) => mailbox.listMessages({ folderId: 1n }, { signal }))
    const { messages } = yield* Effect.orDie(Effect.retry(listed, { times: 5 }))
    ok(messages.length > 0)
    const wishes = Array.from({ length: wishCount }, (_, n) => ({
      messageIds: messages
        .slice(n % messages.length)
        .map(({ id }) => id)
        .slice(0, 1),
      operationId: `${name}.${n}`,
      addCategories: [`${name}.${n}`]
    }))
    const ask = Effect.forEach(
      wishes,
      (wish) =>
        Effect.map(Effect.either(call((signal) => mailbox.changeFlags(wish, { signal }))), (answer) =>
          Either.isRight(answer) ? [wish.operationId] : []
        ),
      { concurrency: "unbounded" }
    ).pipe(Effect.map((granted) => granted.flat()))
    return { ask }
  })

/** What came true of the wishes of that name. */
const cameTrue = (platform: Platform, name: string) =>
  Effect.map(
    platform.query<{ readonly category: string }>(
      `SELECT DISTINCT category FROM mail_state.journal, jsonb_array_elements_text(change -> 'categories') AS category
      WHERE category LIKE $1`,
      [`${name}.%`]
    ),
    (rows) => rows.map(({ category }) => category)
  )

/** Of alice's mailbox, and the other runner. */
const ownerAndOther = ({ platform, runners }: Pick<Fleet, "platform" | "runners">) =>
  Effect.gen(function* () {
    const [user] = yield* platform.query<{ readonly id: string }>(
      "SELECT id FROM mail_state.users WHERE email = $1",
      [alice]
    )
    const shard = shardOf(MailboxId(user?.id ?? ""), shardCount)
    const [row] = yield* platform.query<{ readonly owner: string }>(
      "SELECT owner FROM cluster.shards WHERE shard = $1",
      [`${shard}`]
    )
    const owner = runners.find(({ name }) => name === row?.owner)
    const other = runners.find(({ name }) => name !== row?.owner)
    if (owner === undefined || other === undefined)
      return yield* Effect.dieMessage("nobody owns alice's mailbox")
    return { owner, other }
  })

interface Case {
  readonly fleet: Fleet
  readonly roads: Roads
  readonly owner: FleetProcess
  readonly other: FleetProcess
  readonly name: string
}

const refusedBy = ({ metric }: FleetProcess) => metric("mailbox_commands_stale_total")

/** Alice's mailbox is claimed by whoever the map names now. */
const written = ({ fleet, name }: Case) =>
  Effect.flatMap(wishesFor(fleet.platform, `${name}.younger`), ({ ask }) =>
    Effect.map(ask, (granted) => strictEqual(granted.length, wishCount))
  )

const throughOwn = ({ fleet: { platform }, owner }: Case) =>
  platformAt({
    dataFolder: platform.dataFolder,
    at: { ...platform.at, grpc: owner.ports["GRPC"] ?? 0 },
    logs: platform.logs,
    database: Effect.dieMessage("asked through a door")
  })

/** What was granted is there, and nothing else. Gives how many commands the older owner was refused. */
const check = ({ fleet, name, owner }: Case, granted: ReadonlyArray<string>, refusedBefore: number) =>
  Effect.gen(function* () {
    deepStrictEqual((yield* cameTrue(fleet.platform, `${name}.older`)).toSorted(), granted.toSorted())
    const refused = (yield* refusedBy(owner)) - refusedBefore
    yield* Effect.logInfo(
      `${name}: ${wishCount} wishes beside the traffic; the older owner was refused ${refused} commands (mailbox_commands_stale_total); ${granted.length} wishes were granted by the younger, to which they were passed on`
    )
    return refused
  })

/** An owner that wakes with writes queued after another one took over. Gives how many commands it was refused. */
const frozen = (it: Case, beforeItWakes: Effect.Effect<void>, afterIt: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const { owner, other, name } = it
    const { ask } = yield* wishesFor(throughOwn(it), `${name}.older`)
    const before = yield* refusedBy(owner)
    yield* owner.kill("SIGSTOP")
    const asked = yield* Effect.fork(ask)
    yield* other.untilOwns(shardCount)
    yield* written(it)
    yield* beforeItWakes
    yield* owner.kill("SIGCONT")
    const granted = yield* Fiber.join(asked)
    yield* afterIt
    return yield* check(it, granted, before)
  }).pipe(Effect.scoped)

/** What makes an owner believe that it still is one, and asks it to write. */
const cases: Readonly<Record<string, (it: Case) => Effect.Effect<void>>> = {
  "cut from the map": (it) =>
    Effect.gen(function* () {
      const { roads, owner, other, name } = it
      const { ask } = yield* wishesFor(throughOwn(it), `${name}.older`)
      const before = yield* refusedBy(owner)
      const road = roads.of(owner.name, "to Valkey")
      yield* road.stall()
      yield* other.untilOwns(shardCount)
      yield* written(it)
      ok(
        (yield* owner.metric("shards_owned")) > 0,
        "it does not believe to own anything: the test shows nothing"
      )
      const granted = yield* ask
      yield* road.pass
      ok((yield* check(it, granted, before)) > 0, "nothing was refused as stale")
    }).pipe(Effect.scoped),
  "frozen with writes queued, and deaf to the map as it wakes": (it) =>
    Effect.gen(function* () {
      const road = it.roads.of(it.owner.name, "to Valkey")
      ok((yield* frozen(it, road.stall(), road.pass)) > 0, "nothing was refused as stale")
    }),
  // It refuses them, or reads the map first and passes them on to the younger owner.
  "frozen with writes queued": (it) => frozen(it, Effect.void, Effect.void)
}

describe.skipIf(!hasValkey)("two processes of a fleet that both believe to own a mailbox", () => {
  it.scopedLive(
    "only the younger owner's writes are taken; nothing is lost and nothing doubled",
    () =>
      Effect.gen(function* () {
        const roads = makeRoads()
        const fleet = yield* fleetUnderTest({ runners: 2, doors: 1, particular: roads.particular })
        yield* untilFair(fleet)
        const { through } = yield* fleetStory(fleet)
        for (let round = 0; round <= chaosRounds; round++) {
          for (const [what, believes] of Object.entries(cases)) {
            yield* through(`an owner ${what}`, ({ more }) =>
              Effect.gen(function* () {
                yield* more(20)
                const { owner, other } = yield* ownerAndOther(fleet)
                const name = `${what.replaceAll(" ", "-")}.${round}`
                yield* believes({ fleet, roads, owner, other, name })
                yield* more(20)
                yield* untilFair(fleet)
              })
            )
          }
        }
      }),
    (1 + chaosRounds) * 900_000
  )

  it.scopedLive(
    "where two processes have one name, the one that came later has its mailboxes, and the other one takes them back",
    () =>
      Effect.gen(function* () {
        const fleet = yield* fleetUnderTest({
          runners: 3,
          doors: 1,
          particular: ({ name }) =>
            Effect.succeed(name === "runner-3" ? { settings: { POSTROOM_RUNNER: "runner-1" } } : {})
        })
        const [first, other, twin] = fleet.runners
        ok(first !== undefined && other !== undefined && twin !== undefined)
        yield* twin.untilOwns(fairShare(2))
        yield* twin.kill("SIGKILL")
        yield* first.untilOwns(fairShare(2))
        const { through } = yield* fleetStory(fleet)
        for (let round = 0; round <= chaosRounds; round++) {
          yield* through("two processes of one name", ({ more }) =>
            Effect.gen(function* () {
              yield* more(20)
              yield* twin.start
              yield* twin.untilOwns(fairShare(2))
              yield* more(20)
              strictEqual(yield* first.metric("shards_owned"), 0)
              yield* twin.kill("SIGKILL")
              yield* first.untilOwns(fairShare(2))
              yield* more(20)
              yield* Effect.logInfo(
                `one name: mailbox_commands_stale_total is ${yield* refusedBy(first)} at the first`
              )
            })
          )
        }
      }),
    (1 + chaosRounds) * 900_000
  )
})
