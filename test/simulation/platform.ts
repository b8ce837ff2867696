import {
  type Clock,
  ConfigProvider,
  Context,
  Deferred,
  Duration,
  Effect,
  Layer,
  Runtime,
  type Stream
} from "effect"
import { type Mailboxes, Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import * as RouterLocal from "../../src/actors/mailbox/RouterLocal.ts"
import type { Held } from "../../src/actors/sharding/HeldShards.ts"
import { Ownership } from "../../src/actors/sharding/Ownership.ts"
import { ShardCosts } from "../../src/actors/sharding/ShardCosts.ts"
import type { CoreError } from "../../src/domain/errors.ts"
import { CorrelationId, type FolderId, MailboxId, ModSeq } from "../../src/domain/ids.ts"
import { Health } from "../../src/observability/health.ts"
import { consume, done, held } from "../../src/pipeline/consume.ts"
import { Intake } from "../../src/pipeline/Intake.ts"
import * as IntakeLive from "../../src/pipeline/IntakeLive.ts"
import * as ingest from "../../src/pipeline/ingest.ts"
import * as relay from "../../src/pipeline/relay.ts"
import { type Changes, Core } from "../../src/rpc/Core.ts"
import { CoreConfig } from "../../src/rpc/CoreConfig.ts"
import type { OwnCall } from "../../src/rpc/guard.ts"
import { watch } from "../../src/rpc/handlers/changes.ts"
import { deliver } from "../../src/rpc/handlers/deliver.ts"
import { subscribe } from "../../src/rpc/handlers/subscribe.ts"
import { makeTimerWheel } from "../../src/rpc/TimerWheel.ts"
import { Directory } from "../../src/storage/directory/Directory.ts"
import { MailboxReader } from "../../src/storage/mailbox/MailboxReader.ts"
import type { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import { OutboxBell } from "../../src/storage/outbox/OutboxBell.ts"
import { Streams } from "../../src/storage/streams/Streams.ts"
import * as StreamsPg from "../../src/storage/streams/StreamsPg.ts"
import { ThreadMoves } from "../../src/storage/threads/ThreadMoves.ts"
import { blobDriver, postgresDrivers, type Servers, tenantId } from "./drivers.ts"
import { letterReader } from "./letters.ts"
import type { Surroundings } from "./Process.ts"
import type { Life } from "./Timeline.ts"

/** Parts that a test replaces by ones with a bug, to see that it is found. */
export interface Planted {
  readonly store: (store: MailboxStore["Type"]) => MailboxStore["Type"]
  readonly streamsOfIntake: (streams: Streams["Type"]) => Streams["Type"]
  readonly streamsOfIngest: (streams: Streams["Type"]) => Streams["Type"]
  readonly mailboxes: (mailboxes: Mailboxes["Type"]) => Mailboxes["Type"]
  readonly lease: (parts: Leased, clock: Clock.Clock) => Leased
}

/** What a lease decides about. */
export interface Leased {
  readonly held: Held["Type"]
  readonly ownership: Ownership["Type"]
}

export const nothingPlanted: Planted = {
  store: (store) => store,
  streamsOfIntake: (streams) => streams,
  streamsOfIngest: (streams) => streams,
  mailboxes: (mailboxes) => mailboxes,
  lease: (parts) => parts
}

/** Waits are as in production; only what a story need not wait for is shorter. */
export const settings = Layer.setConfigProvider(
  ConfigProvider.fromMap(
    new Map([
      ["POSTROOM_STREAMS_MAX_ATTEMPTS", "50"],
      ["POSTROOM_STREAMS_RETRY_CAP", "10 seconds"],
      ["POSTROOM_RELAY_POLL", "1 second"]
    ])
  )
)

/** Who may do what is not what stories are about. */
const everything = { tenantId: null, may: () => true, maySomewhere: () => true }

/** What people and their programs reach of the platform. */
export class Edge extends Context.Tag("simulation/Edge")<
  Edge,
  {
    readonly accept: Intake["Type"]["accept"]
    readonly ask: Router["Type"]["ask"]
    readonly state: Router["Type"]["state"]
    /** The journal as it grows. */
    readonly watch: (mailboxId: MailboxId, after: ModSeq) => Stream.Stream<Changes, CoreError>
    /** Waits until the folder goes beyond, or for so long. */
    readonly park: (mailboxId: MailboxId, waiting: Parked) => Effect.Effect<void, CoreError>
  }
>() {}

export interface Parked {
  readonly folderId: FolderId
  readonly beyond: ModSeq
  readonly forMillis: number
}

const edge = Layer.scoped(
  Edge,
  Effect.gen(function* () {
    const { accept } = yield* Intake
    const router = yield* Router
    const fork = Runtime.runFork(yield* Effect.runtime())
    const reads = { router, reader: yield* MailboxReader, limits: yield* CoreConfig }
    const parking = {
      router,
      wheel: yield* makeTimerWheel,
      run: (effect: Effect.Effect<void>) => void fork(effect)
    }
    return {
      accept,
      ask: router.ask,
      state: router.state,
      watch: (mailboxId, after) => watch(reads)(callOf(mailboxId), { mailboxId, after, folderIds: [] }),
      park: (mailboxId, { folderId, beyond, forMillis }) =>
        Effect.gen(function* () {
          const woken = yield* Deferred.make<void>()
          yield* Effect.acquireRelease(
            subscribe(parking)(callOf(mailboxId), {
              mailboxId,
              folders: [{ folderId, beyond }],
              hierarchyBeyond: null,
              forMillis,
              wake: () => Deferred.unsafeDone(woken, Effect.void)
            }),
            (stop) => Effect.sync(stop)
          )
          yield* Deferred.await(woken)
        }).pipe(Effect.scoped)
    }
  })
)

const callOf = (mailboxId: MailboxId): OwnCall => ({
  principal: { _tag: "User", mailboxId, tenantId, address: "", roles: [] },
  correlationId: CorrelationId("client"),
  remote: null,
  origin: "client",
  access: everything
})

/** The service with some of its methods replaced. */
export const replaced = <I, S>(tag: Context.Tag<I, S>, change: (service: S) => S): Layer.Layer<I, never, I> =>
  Layer.effect(tag, Effect.map(tag, change))

/** Takes mail, works on it, tells the index, and serves clients; by a way to the mailboxes that is provided. */
export const front = ({
  servers,
  life,
  planted
}: {
  readonly servers: Servers
  readonly life: Life
  readonly planted: Planted
}) => {
  const drivers = Layer.mergeAll(
    postgresDrivers(servers, life),
    blobDriver(servers, life),
    OutboxBell.layer,
    letterReader,
    Health.layer,
    Layer.mock(Directory, {})
  )
  const intake = Layer.provide(IntakeLive.layer, replaced(Streams, planted.streamsOfIntake))
  return Layer.mergeAll(
    Layer.provide(edge, intake),
    ingest.layer.pipe(Layer.provide([replaced(Streams, planted.streamsOfIngest), core])),
    relay.layer,
    indexer(servers)
  ).pipe(Layer.provide(StreamsPg.layer), Layer.provide(drivers))
}

/** One process that does it all. */
export const wholePlatform =
  (servers: Servers, planted: Planted) =>
  ({ life }: Surroundings) =>
    front({ servers, life, planted }).pipe(
      Layer.provide(RouterLocal.layer),
      Layer.provide([Ownership.layerSingle, ShardCosts.layer]),
      Layer.provide([postgresDrivers(servers, life), OutboxBell.layer, Health.layer]),
      Layer.provide(settings),
      Layer.orDie
    )

/** `Core` as far as ingest needs it, without the guard. */
const core = Layer.unwrapEffect(
  Effect.map(Router, (router) => {
    const threads = ThreadMoves.of({ set: () => Effect.void, folderOf: () => Effect.succeed(null) })
    return Layer.mock(Core, {
      deliver: (call, input) => deliver({ router, threads })({ ...call, access: everything }, input)
    })
  })
)

/** What the stream `index` is for: whoever reads it learns of every change. */
const indexer = ({ indexed }: Servers) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const reader = yield* MailboxReader
      yield* consume({
        stream: "index",
        batch: 8,
        loops: 1,
        hold: Duration.seconds(10),
        spacing: Duration.millis(100),
        work: ({ payload }) => {
          const mailboxId = MailboxId(String(payload["mailboxId"]))
          return reader.journal(mailboxId, { after: ModSeq(Number(payload["from"]) - 1), limit: 1000 }).pipe(
            Effect.map((entries) => {
              for (const { modSeq } of entries) indexed.add(`${mailboxId} ${modSeq}`)
              return done
            }),
            Effect.orElseSucceed(() => held)
          )
        }
      })
    })
  )
