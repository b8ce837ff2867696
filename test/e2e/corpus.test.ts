import { readFileSync } from "node:fs"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer, Option, Schema } from "effect"
import type { RpcClient } from "../../src/rpc/client.ts"
import type { GetMessageResponse } from "../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import {
  compareWithConsensus,
  type Disagreement,
  type Expected,
  readConsensus
} from "../support/consensus.ts"
import { type CorpusMail, corpusMail, hasCorpusMail } from "../support/corpusMail.ts"
import { addUsers, type Offered, offerAll } from "../support/corpusRun.ts"
import { type ExternalBackEnds, externalBackEnds, hasExternalBackEnds } from "../support/externalBackEnds.ts"
import { type Platform, platformHere } from "../support/platform.ts"
import { platformProcess } from "../support/platformProcess.ts"
import { migratedDatabase } from "../support/postgres.ts"
import {
  inboxOf,
  leavesOf,
  messageOf,
  partOf,
  rawOf,
  readingFrom,
  withoutTrace
} from "../support/readBack.ts"
import type { BucketBlob } from "../support/s3Blobs.ts"
import { assertSettled } from "../support/settled.ts"
import { type Watched, watch } from "../support/watching.ts"

const Refused = Schema.Array(
  Schema.Struct({ file: Schema.String, reply: Schema.String, cause: Schema.String })
)
const Exceptions = Schema.Array(
  Schema.Struct({ file: Schema.String, field: Schema.String, cause: Schema.String })
)

const listed = <A, I>(name: string, schema: Schema.Schema<A, I>): A =>
  Schema.decodeSync(Schema.parseJson(schema))(readFileSync(new URL(name, import.meta.url), "utf8"))

/** Mails with a CR alone: refused as the platform is set up, because servers differ in what it means. */
const refusals = listed("corpus-refused.json", Refused)
const exceptions = listed("../unit/mime/consensus-exceptions.json", Exceptions)

const files = 2073
const key = ({ file, field }: { readonly file: string; readonly field: string }) => `${file} ${field}`

class Running extends Context.Tag("postroom/test/e2e/Running")<
  Running,
  {
    readonly platform: Platform
    /** What is in MinIO, where it is there that blobs are. */
    readonly blobs: Option.Option<ExternalBackEnds["blobs"]>
  }
>() {
  static readonly onFiles = Layer.scoped(
    Running,
    Effect.gen(function* () {
      const database = yield* migratedDatabase
      return { platform: yield* platformProcess({ database }), blobs: Option.none() }
    })
  )

  static readonly onServers = Layer.scoped(
    Running,
    Effect.gen(function* () {
      const { database, settings, blobs } = yield* externalBackEnds()
      return { platform: yield* platformProcess({ database, settings }), blobs: Option.some(blobs) }
    })
  )
}

const worlds = [
  { name: "as it is set up", layer: Running.onFiles, protocols: ["smtp", "lmtp"], canRun: true },
  {
    name: "with Postgres, Valkey and MinIO as servers of their own (needs valkey-server and MinIO)",
    layer: Running.onServers,
    protocols: ["smtp"],
    canRun: hasExternalBackEnds
  }
] as const

/** What came back of one message. */
interface Returned {
  readonly offered: Offered
  readonly isSame: boolean
  readonly disagreements: ReadonlyArray<Disagreement>
}

/** Opens a message in every way there is. */
const readBack = (
  rpc: RpcClient,
  id: bigint,
  {
    accepted,
    consensus
  }: {
    readonly accepted: ReadonlyMap<string, Offered>
    readonly consensus: ReadonlyMap<string, Expected>
  }
) =>
  Effect.gen(function* () {
    const { correlationId, bytes } = withoutTrace(yield* rawOf(rpc, id))
    const offered = accepted.get(correlationId)
    if (offered === undefined) return yield* Effect.dieMessage(`nobody sent message ${id}`)
    const response = yield* messageOf(rpc, id)
    const expected = consensus.get(offered.mail.file)
    const decoded = expected === undefined ? new Map() : yield* decodedLeaves(rpc, id, response)
    const reading = readingFrom(response, decoded)
    const returned: Returned = {
      offered,
      isSame: bytes.equals(offered.mail.bytes),
      disagreements: expected === undefined || reading === null ? [] : compareWithConsensus(expected, reading)
    }
    return returned
  })

const decodedLeaves = (rpc: RpcClient, id: bigint, { parts }: GetMessageResponse) =>
  Effect.map(
    Effect.forEach(leavesOf(parts), ({ path }) =>
      Effect.map(partOf(rpc, id, path), (bytes) => [path, bytes] as const)
    ),
    (leaves): ReadonlyMap<string, Uint8Array> => new Map(leaves)
  )

/** The watcher was told of each message of the inbox once, in a journal without gaps. */
const assertWatched = ({ address, changes }: Watched, ids: ReadonlyArray<bigint>) => {
  const added = changes.flatMap(({ fact }) => (fact.case === "messageAdded" ? [fact.value.messageId] : []))
  assert.deepStrictEqual([...added].sort(), [...ids].sort(), `what the watcher of ${address} was told`)
  assert.deepStrictEqual(
    changes.map(({ modSeq }) => Number(modSeq)),
    changes.map((_, index) => index + 1)
  )
}

/** Sends all, waits until all is announced, reads all. */
const sendAndRead = (platform: Platform, protocol: "smtp" | "lmtp", mails: ReadonlyArray<CorpusMail>) =>
  Effect.gen(function* () {
    const users = Array.from({ length: 4 }, (_, n) => `${protocol}${n}@demo.test`)
    yield* addUsers(platform, users)
    const watched = yield* Effect.forEach(users, (address) => watch(platform, address))
    const before = yield* Effect.forEach(users, (address) => headOf(platform, address))
    const offered = yield* offerAll(platform, protocol, { mails, users })
    const accepted = new Map(
      offered.filter(({ correlationId }) => correlationId !== "").map((one) => [one.correlationId, one])
    )
    const consensus = new Map(readConsensus().map((expected) => [expected.file, expected]))
    const returned = yield* Effect.forEach(
      watched,
      (watcher, index) =>
        Effect.gen(function* () {
          const mine = [...accepted.values()].filter(({ to }) => to === watcher.address)
          yield* watcher.until((before[index] ?? 0) + mine.length)
          const rpc = yield* platform.client(watcher.address)
          const ids = (yield* inboxOf(rpc)).map(({ id }) => id)
          assertWatched(watcher, ids)
          return yield* Effect.forEach(ids, (id) => readBack(rpc, id, { accepted, consensus }), {
            concurrency: 8
          })
        }),
      { concurrency: "unbounded" }
    )
    return { offered, accepted, returned: returned.flat() }
  })

const headOf = (platform: Platform, address: string) =>
  Effect.flatMap(platform.client(address), ({ mailbox, call }) =>
    call((signal) => mailbox.getMailbox({}, { signal }))
  ).pipe(
    Effect.map(({ modSeq }) => Number(modSeq)),
    Effect.orDie
  )

/** Each message that was accepted is in exactly one mailbox, byte for byte. */
const assertAllBack = (accepted: ReadonlyMap<string, Offered>, returned: ReadonlyArray<Returned>) => {
  const back = returned.map(({ offered }) => offered.correlationId)
  assert.deepStrictEqual([...back].sort(), [...accepted.keys()].sort())
  const altered = returned.filter(({ isSame }) => !isSame).map(({ offered }) => offered.mail.file)
  assert.deepStrictEqual(altered, [])
}

/** Each message that was accepted is one object in a bucket, byte for byte, and there is no other one. */
const assertStored = (blobs: ReadonlyArray<BucketBlob>, accepted: ReadonlyMap<string, Offered>) =>
  Effect.gen(function* () {
    const stored = yield* Effect.forEach(
      blobs,
      ({ bytes }) => Effect.map(bytes, (raw) => withoutTrace(raw ?? Buffer.of())),
      { concurrency: 16 }
    )
    assert.deepStrictEqual(
      stored.map(({ correlationId }) => correlationId).sort(),
      [...accepted.keys()].sort(),
      "what MinIO holds"
    )
    const altered = stored.flatMap(({ correlationId, bytes }) => {
      const mail = accepted.get(correlationId)?.mail
      return mail === undefined || mail.bytes.equals(bytes) ? [] : [mail.file]
    })
    assert.deepStrictEqual(altered, [], "what MinIO holds with other bytes")
  })

describe.skipIf(!hasCorpusMail)(
  "the shared corpus through the whole platform (needs ../shared/corpus)",
  () => {
    for (const { name, protocols, canRun, layer: running } of worlds) {
      layer(running, { timeout: "60 seconds", excludeTestServices: true })(name, (it) => {
        for (const protocol of protocols) {
          it.scoped.skipIf(!canRun)(
            `over ${protocol} every mail but those with a CR alone comes back byte for byte, was announced, and is read as other parsers agree`,
            () =>
              Effect.gen(function* () {
                const { platform, blobs } = yield* Running
                const mails = corpusMail()
                assert.strictEqual(new Set(mails.map(({ file }) => file.replace(/#\d+$/, ""))).size, files)
                const { offered, accepted, returned } = yield* sendAndRead(platform, protocol, mails)
                assert.sameMembers(
                  offered
                    .filter(({ correlationId }) => correlationId === "")
                    .map(({ mail, reply }) => `${mail.file} ${reply.slice(0, 9)}`),
                  refusals.map(({ file, reply }) => `${file} ${reply}`)
                )
                assertAllBack(accepted, returned)
                if (Option.isSome(blobs)) yield* assertStored(yield* blobs.value, accepted)
                const known = new Set(exceptions.map(key))
                assert.deepStrictEqual(
                  returned
                    .flatMap(({ disagreements }) => disagreements)
                    .filter((one) => !known.has(key(one))),
                  []
                )
                yield* assertSettled(platform)
              }),
            300_000
          )
        }
      })
    }

    describe("told to take line breaks as they come", () => {
      for (const protocol of ["smtp", "lmtp"] as const) {
        it.scopedLive(
          `over ${protocol} the mails with a CR alone come back byte for byte too`,
          () =>
            Effect.gen(function* () {
              const platform = yield* platformHere({ POSTROOM_SMTP_BARE_LINE_BREAKS: "accept" })
              const refused = new Set(refusals.map(({ file }) => file))
              const mails = corpusMail().filter(({ file }) => refused.has(file))
              const { accepted, returned } = yield* sendAndRead(platform, protocol, mails)
              assert.strictEqual(accepted.size, refusals.length)
              assertAllBack(accepted, returned)
              yield* assertSettled(platform)
            }),
          60_000
        )
      }
    })
  }
)
