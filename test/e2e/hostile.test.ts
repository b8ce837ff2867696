import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { RpcClient } from "../../src/rpc/client.ts"
import { BodyType } from "../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { addUsers, type Offered, offerAll } from "../support/corpusRun.ts"
import {
  collectedMail,
  generatedAt,
  generatedMail,
  type HostileMail,
  hasHostileInput
} from "../support/hostileInput.ts"
import { type PlatformProcess, platformProcess } from "../support/platformProcess.ts"
import { migratedDatabase } from "../support/postgres.ts"
import { inboxOf, leavesOf, messageOf, partOf, rawOf, withoutTrace } from "../support/readBack.ts"
import { assertSettled } from "../support/settled.ts"
import { straining } from "../support/strain.ts"
import { watch } from "../support/watching.ts"

/** Nobody else is served while the event loop stands still. */
const stallLimitSeconds = 1
/** Of the server's process, with its worker threads and their heaps. */
const memoryLimitBytes = 1024 ** 3

/** Why the generator's messages are refused; all others are taken as they are. */
const refusals: Readonly<Record<string, string>> = {
  "bare-cr-in-header.eml": "550 5.6.0",
  "header-1MB.eml": "552 5.3.4",
  "headers-50k.eml": "552 5.3.4",
  "header-folded-100k.eml": "552 5.3.4",
  "to-100k-addresses.eml": "552 5.3.4",
  "encoded-words-20k.eml": "552 5.3.4",
  "quoted-parens-deep.eml": "552 5.3.4",
  "rfc2231-10k-segments.eml": "552 5.3.4"
}

class Running extends Context.Tag("postroom/test/e2e/Running")<Running, PlatformProcess>() {
  static readonly layer = Layer.scoped(
    Running,
    Effect.flatMap(migratedDatabase, (database) => platformProcess({ database }))
  )
}

/** Every way to look at a message that there is. Of very many parts the first and the last. */
const open = (rpc: RpcClient, messageId: bigint) =>
  Effect.gen(function* () {
    const { bytes, correlationId } = withoutTrace(yield* rawOf(rpc, messageId))
    const { parts } = yield* messageOf(rpc, messageId)
    const leaves = leavesOf(parts)
    const some = [...leaves.slice(0, 10), ...leaves.slice(10).slice(-2)]
    const decoded = yield* Effect.forEach(some, ({ path }) => partOf(rpc, messageId, path))
    const bodies = yield* Effect.forEach([BodyType.TEXT, BodyType.HTML, BodyType.PREVIEW], (type) =>
      rpc.call((signal) => rpc.mailbox.getBody({ messageId, type }, { signal }))
    )
    return { bytes, correlationId, parts, decoded, bodies }
  })

const assertOpens = (rpc: RpcClient, id: bigint, accepted: ReadonlyMap<string, Offered>) =>
  Effect.gen(function* () {
    const opened = yield* open(rpc, id)
    const offered = accepted.get(opened.correlationId)
    if (offered === undefined) return yield* Effect.dieMessage(`nobody sent message ${id}`)
    const { file, bytes, attachment }: HostileMail = { attachment: null, ...offered.mail }
    assert.isTrue(opened.bytes.equals(bytes), file)
    assert.isAbove(opened.parts.length, 0, file)
    if (attachment !== null) assert.isTrue(opened.decoded.at(-1)?.equals(attachment), file)
    return file
  })

interface Wave {
  readonly protocol: "smtp" | "lmtp"
  readonly mails: ReadonlyArray<HostileMail>
  readonly user: string
}

/** Sends all to one user, waits until all that was accepted is delivered, opens all. Returns what was refused. */
const sendAndOpen = ({ protocol, mails, user }: Wave) =>
  Effect.gen(function* () {
    const platform = yield* Running
    yield* addUsers(platform, [user])
    const watched = yield* watch(platform, user)
    const rpc = yield* platform.client(user)
    const { modSeq } = yield* rpc.call((signal) => rpc.mailbox.getMailbox({}, { signal }))
    const offered = yield* offerAll(platform, protocol, { mails, users: [user] })
    const accepted = new Map(
      offered.filter(({ correlationId }) => correlationId !== "").map((one) => [one.correlationId, one])
    )
    yield* watched.until(Number(modSeq) + accepted.size)
    const inbox = yield* inboxOf(rpc)
    const opened = yield* Effect.forEach(inbox, ({ id }) => assertOpens(rpc, id, accepted), {
      concurrency: 4
    })
    assert.sameMembers(
      opened,
      [...accepted.values()].map(({ mail }) => mail.file)
    )
    return offered.filter(({ correlationId }) => correlationId === "")
  })

const survive = (wave: Wave) =>
  Effect.gen(function* () {
    const platform = yield* Running
    const [refused, { stallSeconds, peakBytes }] = yield* straining(platform, sendAndOpen(wave))
    assert.isBelow(stallSeconds, stallLimitSeconds)
    assert.isBelow(peakBytes, memoryLimitBytes)
    yield* assertSettled(platform)
    return refused
  })

describe.skipIf(!hasHostileInput)("hostile mail (needs ../shared/corpus)", () => {
  layer(Running.layer, { timeout: "60 seconds", excludeTestServices: true })((it) => {
    for (const protocol of ["smtp", "lmtp"] as const) {
      it.scoped(
        `of the generator is refused by its reason over ${protocol}, or comes back byte for byte and opens; nothing stalls or swells`,
        () =>
          Effect.gen(function* () {
            const mails = generatedMail(yield* generatedAt(1))
            assert.isAbove(mails.length, 25)
            const refused = yield* survive({ protocol, mails, user: `generated-${protocol}@demo.test` })
            assert.deepStrictEqual(
              Object.fromEntries(refused.map(({ mail, reply }) => [mail.file, reply.slice(0, 9)])),
              refusals
            )
          }),
        300_000
      )
    }

    it.scoped(
      "that broke other programs comes back byte for byte and opens",
      () =>
        Effect.gen(function* () {
          const mails = collectedMail()
          assert.isAbove(mails.length, 700)
          assert.deepStrictEqual(yield* survive({ protocol: "smtp", mails, user: "collected@demo.test" }), [])
        }),
      300_000
    )
  })
})
