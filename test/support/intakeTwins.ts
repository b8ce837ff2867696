import { createHash } from "node:crypto"
import { Chunk, Effect, Layer, Schema, Stream } from "effect"
import { Unavailable } from "../../src/domain/errors.ts"
import { MailboxId, TenantId } from "../../src/domain/ids.ts"
import { IngestTask } from "../../src/pipeline/IngestTask.ts"
import { type BlobRef, BlobStore, BlobUnavailable } from "../../src/storage/blobs/BlobStore.ts"
import { Directory, type Resolution } from "../../src/storage/directory/Directory.ts"
import { type NewTask, Streams } from "../../src/storage/streams/Streams.ts"

/** What the Intake stands on, in memory, with faults on demand. */
export interface IntakeTwins {
  readonly blobs: Map<string, Buffer>
  readonly tasks: Array<NewTask>
  /** By address in lower case. */
  readonly addresses: Map<string, Resolution>
  readonly faults: {
    blobs: BlobUnavailable["reason"] | null
    /** `lost`: the commit happens, its answer does not come. */
    publish: "down" | "lost" | null
    resolve: boolean
  }
  /** Run before each put and publish; a test may wait there. */
  readonly gates: { put: Effect.Effect<void>; publish: Effect.Effect<void>; resolve: Effect.Effect<void> }
  readonly layer: Layer.Layer<BlobStore | Streams | Directory>
}

export const demoTenant = TenantId("00000000-0000-4000-8000-000000000001")
export const otherTenant = TenantId("00000000-0000-4000-8000-000000000002")
export const mailboxOf = (name: string): MailboxId => MailboxId(`mailbox-of-${name}`)

/** `alice`, `bob` and `carol` at demo.test, `al` an alias of alice's, `zoe@other.test` of another tenant. */
export const makeIntakeTwins = (): IntakeTwins => {
  const found = (name: string, { tenantId = demoTenant, isOverQuota = false } = {}): Resolution => ({
    _tag: "Mailbox",
    mailboxId: mailboxOf(name),
    tenantId,
    detail: null,
    isOverQuota
  })
  const twins: Omit<IntakeTwins, "layer"> = {
    blobs: new Map(),
    tasks: [],
    addresses: new Map([
      ["postmaster", found("alice")],
      ["alice@demo.test", found("alice")],
      ["al@demo.test", found("alice")],
      ["bob@demo.test", found("bob")],
      ["carol@demo.test", found("carol")],
      ["zoe@other.test", found("zoe", { tenantId: otherTenant })],
      ["full@demo.test", found("full", { isOverQuota: true })],
      ["off@demo.test", { _tag: "Disabled" }]
    ]),
    faults: { blobs: null, publish: null, resolve: false },
    gates: { put: Effect.void, publish: Effect.void, resolve: Effect.void }
  }
  return { ...twins, layer: Layer.mergeAll(blobStore(twins), streams(twins), directory(twins)) }
}

/** The tasks as the ingest worker will read them. */
export const ingestTasks = (twins: IntakeTwins): ReadonlyArray<IngestTask> =>
  twins.tasks.map((task) => Schema.decodeUnknownSync(IngestTask)(task.payload))

type Twins = Omit<IntakeTwins, "layer">

const blobStore = (twins: Twins) => {
  const keep = (key: BlobRef["key"], bytes: Uint8Array): BlobRef => {
    twins.blobs.set(key, Buffer.from(bytes))
    return { key, checksum: createHash("sha256").update(bytes).digest("hex"), sizeBytes: bytes.length }
  }
  const check = Effect.suspend(() =>
    twins.faults.blobs === null ? twins.gates.put : new BlobUnavailable({ reason: twins.faults.blobs })
  )
  return Layer.mock(BlobStore, {
    put: (key, bytes) =>
      Effect.flatMap(check, () =>
        Effect.map(Stream.runCollect(bytes), (chunks) =>
          keep(key, Buffer.concat(Chunk.toReadonlyArray(chunks)))
        )
      ),
    putBytes: (key, bytes) => Effect.map(check, () => keep(key, bytes)),
    stream: (ref) => Stream.make(twins.blobs.get(ref.key) ?? Buffer.alloc(0)),
    remove: (key) => Effect.sync(() => void twins.blobs.delete(key))
  })
}

const streams = (twins: Twins) =>
  Layer.mock(Streams, {
    publish: (tasks) =>
      Effect.zipRight(
        Effect.suspend(() => twins.gates.publish),
        Effect.suspend(() => {
          if (twins.faults.publish === "down") return new Unavailable({ what: "storage" })
          const known = new Set(twins.tasks.map((task) => task.taskId))
          twins.tasks.push(...tasks.filter((task) => !known.has(task.taskId)))
          return twins.faults.publish === "lost" ? new Unavailable({ what: "storage" }) : Effect.void
        })
      )
  })

const domainsHere = ["demo.test", "other.test"]

const directory = (twins: Twins) =>
  Layer.mock(Directory, {
    resolve: (address) =>
      Effect.zipRight(
        Effect.suspend(() => twins.gates.resolve),
        Effect.suspend(() =>
          twins.faults.resolve ? new Unavailable({ what: "storage" }) : Effect.succeed(lookUp(twins, address))
        )
      )
  })

const lookUp = (twins: Twins, address: string): Resolution => {
  const [, local = "", detail, domain = ""] = /^(.*?)(?:\+(.*))?@(.*)$/.exec(address.toLowerCase()) ?? []
  const resolution = twins.addresses.get(domain === "" ? address.toLowerCase() : `${local}@${domain}`)
  if (resolution?._tag === "Mailbox") return { ...resolution, detail: detail ?? null }
  if (resolution !== undefined) return resolution
  return domainsHere.includes(domain) ? { _tag: "UnknownUser" } : { _tag: "ForeignDomain" }
}
