import { createHash } from "node:crypto"
import { Chunk, Effect, Layer, Option, Queue, Stream } from "effect"
import { Unavailable } from "../../src/domain/errors.ts"
import { CorrelationId, ModSeq, TenantId } from "../../src/domain/ids.ts"
import { BlobNotFound, type BlobRef, BlobStore, BlobUnavailable } from "../../src/storage/blobs/BlobStore.ts"
import { ShardEpochs } from "../../src/storage/cluster/ShardEpochs.ts"
import type { ShardMap } from "../../src/storage/cluster/ShardMap.ts"
import { ContentStore } from "../../src/storage/contents/ContentStore.ts"
import { MailboxReader } from "../../src/storage/mailbox/MailboxReader.ts"
import { MailboxStore, StoreUnavailable } from "../../src/storage/mailbox/MailboxStore.ts"
import { NotifyTargets } from "../../src/storage/notify/NotifyTargets.ts"
import { Outbox } from "../../src/storage/outbox/Outbox.ts"
import { type ListenEvent, Postgres, PostgresUnavailable } from "../../src/storage/postgres.ts"
import { type Database, outcomeOf } from "./Database.ts"
import type { Dice } from "./Dice.ts"
import type { Lost, Network } from "./Network.ts"
import type { Life, Timeline } from "./Timeline.ts"

/** All that outlives every process. */
export interface Servers {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly network: Network
  readonly database: Database
  readonly blobs: Map<string, Uint8Array>
  /** Changes that the index was told of: `mailbox modseq`. */
  readonly indexed: Set<string>
  readonly shardCount: number
  /** Valkey's. */
  readonly shardMap: ShardMap["Type"]
}

export const tenantId = TenantId("00000000-0000-4000-8000-0000000000aa")

/** What Postgres does for a life, each statement through the network. */
export const postgresDrivers = (servers: Servers, life: Life) => {
  const ask = <A>(what: string, run: () => A): Effect.Effect<A, Lost> =>
    servers.network.request({
      from: life,
      to: "postgres",
      what,
      serve: (answer: (value: A) => void) => answer(run())
    })
  const away = (cause: Lost) => new Unavailable({ what: "storage", cause })
  const asked = <A>(what: string, run: () => A) => Effect.mapError(ask(what, run), away)
  return Layer.mergeAll(
    mailboxStore(servers, ask),
    postgres(servers, { life, ask }),
    Layer.mock(ShardEpochs, {
      shardCount: () => Effect.succeed(servers.shardCount),
      known: asked("known epochs", () => new Map(servers.database.epochs)),
      acquire: (shards, runner) => asked("acquire", () => servers.database.acquire(shards, runner))
    }),
    outbox(servers, asked),
    mailboxReader(servers, asked),
    Layer.succeed(ContentStore, { put: () => asked("put contents", () => undefined) }),
    Layer.mock(NotifyTargets, { watched: () => asked("look for targets", () => new Set()) })
  )
}

type Ask = <A>(what: string, run: () => A) => Effect.Effect<A, Lost>
type Asked = <A>(what: string, run: () => A) => Effect.Effect<A, Unavailable>

const mailboxStore = ({ database }: Servers, ask: Ask) => {
  const does = <A, E>(what: string, statement: Effect.Effect<A, E>): Effect.Effect<A, E | StoreUnavailable> =>
    ask(what, () => outcomeOf(statement)).pipe(
      Effect.mapError((lost) => new StoreUnavailable({ commitUnknown: lost.isOpen })),
      Effect.flatten
    )
  const { mailboxes } = database
  return Layer.succeed(MailboxStore, {
    // To claim and to read are two statements.
    activate: (mailboxId, epoch) =>
      Effect.zipRight(
        does("claim", mailboxes.activate(mailboxId, epoch)),
        does("load", mailboxes.activate(mailboxId, epoch))
      ),
    select: (...named) => does("select", mailboxes.select(...named)),
    cursors: (...named) => does("cursors", mailboxes.cursors(...named)),
    readFolder: (...named) => does("read folder", mailboxes.readFolder(...named)),
    readHierarchy: (...named) => does("read hierarchy", mailboxes.readHierarchy(...named)),
    commit: (commit) => does("commit", mailboxes.commit(commit)),
    head: (mailboxId) => does("head", mailboxes.head(mailboxId)),
    applied: (...named) => does("applied", mailboxes.applied(...named)),
    operation: (...named) => does("operation", mailboxes.operation(...named)),
    quarantine: (mailboxId) => does("quarantine", mailboxes.quarantine(mailboxId)),
    release: (mailboxId) => does("release", mailboxes.release(mailboxId))
  })
}

const postgres = (servers: Servers, { life, ask }: { readonly life: Life; readonly ask: Ask }) =>
  Layer.succeed(Postgres, {
    query: (statement, values = []) =>
      Effect.mapError(
        ask(statement.name ?? "a statement", () => servers.database.answers.to(statement, values)),
        (lost) =>
          new PostgresUnavailable({ reason: lost.isOpen ? "lost" : "connect", commitUnknown: lost.isOpen })
      ),
    transaction: () => Effect.dieMessage("no transactions here"),
    listen: () => listening(servers, life)
  })

const listeningEvent: ListenEvent = { _tag: "Listening" }

/** A notification that does not come means that the connection broke: until it is made anew, nothing is heard. */
const listening = ({ database, dice, network, timeline }: Servers, life: Life): Stream.Stream<ListenEvent> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<ListenEvent>()
      const tell = (event: ListenEvent) => void queue.unsafeOffer(event)
      let isBroken = false
      const listener = (payload: string) => {
        if (isBroken || life.condition === "dead") return
        if (!network.isCut(life.name, "postgres") && !dice.isBelow(network.weather.requestLost)) {
          timeline.after(life, dice.below(5), () => tell({ _tag: "Notified", payload }))
          return
        }
        isBroken = true
        timeline.after(life, dice.between(50, 3_000), () => {
          isBroken = false
          tell(listeningEvent)
        })
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => database.listeners.add(listener)),
        () => Effect.sync(() => database.listeners.delete(listener))
      )
      tell(listeningEvent)
      return Stream.fromQueue(queue)
    })
  )

const outbox = ({ database }: Servers, asked: Asked) =>
  Layer.succeed(Outbox, {
    read: (limit) =>
      asked("read outbox", () => {
        const rows = database.outbox.slice(0, limit)
        return [...new Set(rows.map(({ mailboxId }) => mailboxId))].map((mailboxId) => {
          const own = rows.filter((row) => row.mailboxId === mailboxId)
          return {
            mailboxId,
            tenantId,
            from: ModSeq(Math.min(...own.map((row) => row.from))),
            to: ModSeq(Math.max(...own.map((row) => row.to))),
            correlationId: CorrelationId("outbox"),
            traceparent: null
          }
        })
      }),
    remove: (entries) =>
      asked("remove from outbox", () => {
        const upTo = new Map(entries.map(({ mailboxId, to }) => [mailboxId, to]))
        database.outbox = database.outbox.filter(({ mailboxId, to }) => to > (upTo.get(mailboxId) ?? -1))
      })
  })

const mailboxReader = ({ database }: Servers, asked: Asked) =>
  Layer.mock(MailboxReader, {
    journal: (mailboxId, { after, limit }) =>
      asked("journal", () =>
        (database.journals.get(mailboxId) ?? []).filter(({ modSeq }) => modSeq > after).slice(0, limit)
      )
  })

/** Blobs as an object store keeps them. */
export const blobDriver = ({ network, blobs }: Servers, life: Life): Layer.Layer<BlobStore> => {
  const ask = <A>(what: string, run: () => A): Effect.Effect<A, BlobUnavailable> =>
    Effect.mapError(
      network.request({
        from: life,
        to: "blobs",
        what,
        isRelayed: true,
        serve: (answer: (value: A) => void) => answer(run())
      }),
      ({ isOpen }) => new BlobUnavailable({ reason: isOpen ? "timeout" : "io" })
    )
  const put = (key: BlobRef["key"], bytes: Uint8Array) =>
    ask("put", () => {
      if (!blobs.has(key)) blobs.set(key, bytes)
      return { key, checksum: checksumOf(bytes), sizeBytes: bytes.length }
    })
  return Layer.mock(BlobStore, {
    putBytes: put,
    put: (key, bytes) =>
      Effect.flatMap(Stream.runCollect(bytes), (chunks) =>
        put(key, Buffer.concat(Chunk.toReadonlyArray(chunks)))
      ),
    get: ({ key }) =>
      Effect.flatMap(
        ask("get", () => Option.fromNullable(blobs.get(key))),
        Option.match({ onNone: () => new BlobNotFound(), onSome: (bytes) => Effect.succeed(bytes) })
      ),
    remove: (key) => ask("remove", () => void blobs.delete(key))
  })
}

export const checksumOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
