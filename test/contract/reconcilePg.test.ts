import { assert, it, layer } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Logger, Stream, TestClock } from "effect"
import { Unavailable } from "../../src/domain/errors.ts"
import { BlobKey, ContentId } from "../../src/domain/ids.ts"
import { makeUnreferenced } from "../../src/pipeline/reconcile/unreferenced.ts"
import { makeCorrupt, makeMissing } from "../../src/pipeline/reconcile/verify.ts"
import { BlobStore, BlobUnavailable } from "../../src/storage/blobs/BlobStore.ts"
import { type BlobProblem, BlobReferences } from "../../src/storage/reconcile/BlobReferences.ts"
import { Retention } from "../../src/storage/retention/Retention.ts"
import { Streams } from "../../src/storage/streams/Streams.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { claim } from "../support/streams.ts"
import {
  accepted,
  delivered,
  expunged,
  isStored,
  layerUpkeepWorld,
  query,
  storedBlob,
  wholePass
} from "../support/upkeepWorld.ts"

const quietly = Layer.mergeAll(layerUpkeepWorld, Logger.remove(Logger.defaultLogger))

/** No grace: what nobody needs goes in the same pass. */
const hasty = { grace: Duration.zero, removes: true, maxUnknown: 1000, listed: 1_000_000 }

const sweep = (settings: Partial<typeof hasty> = {}) =>
  Effect.flatMap(makeUnreferenced({ ...hasty, ...settings }), wholePass)

const found = (problem: BlobProblem) =>
  Effect.flatMap(BlobReferences, (references) =>
    Effect.map(references.findings(problem, { after: null, limit: 1000 }), (findings) =>
      findings.map(({ key }) => key)
    )
  )

/** As if everything that was found had been found so long ago. */
const age = (hours: number) =>
  query(`UPDATE mail_state.blob_findings SET found_at = found_at - interval '${hours} hours'`)

const partsOf = (key: BlobKey) =>
  Effect.map(
    query("SELECT 1 FROM mail_state.message_parts WHERE blob_key = $1", [key]),
    (rows) => rows.length
  )

layer(quietly, { timeout: "60 seconds", excludeTestServices: true })("blobs that nobody needs", (it) => {
  it.effect("go, with what was read of them; those of messages stay, also where one of several is gone", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* newMailbox, yield* newMailbox]
      const [orphan, shared, gone, copied] = [
        yield* storedBlob(),
        yield* storedBlob(),
        yield* storedBlob(),
        yield* storedBlob()
      ]
      const inOne = yield* delivered(one, shared)
      yield* delivered(other, shared)
      yield* expunged(one, inOne)
      yield* expunged(one, yield* delivered(one, gone))
      const original = yield* delivered(one, copied)
      yield* sweep()
      assert.deepEqual(yield* Effect.forEach([orphan, shared, gone, copied], ({ key }) => isStored(key)), [
        false,
        true,
        false,
        true
      ])
      assert.deepEqual(yield* Effect.forEach([shared, gone], ({ key }) => partsOf(key)), [1, 0])
      assert.deepEqual(yield* found("unreferenced"), [])
      yield* expunged(one, original)
      yield* sweep()
      assert.isFalse(yield* isStored(copied.key))
    })
  )

  it.effect("are none as long as a task needs them: one that waits, runs or is dead", () =>
    Effect.gen(function* () {
      const streams = yield* Streams
      const mailbox = yield* newMailbox
      const blob = yield* storedBlob()
      yield* accepted(mailbox, blob)
      const staysAfter = <E>(what: Effect.Effect<unknown, E>) =>
        Effect.zipRight(what, Effect.zipRight(sweep(), Effect.map(isStored(blob.key), assert.isTrue)))

      yield* staysAfter(Effect.void)
      const [held] = yield* claim(streams)
      if (held === undefined) return assert.fail("no task")
      yield* staysAfter(Effect.void)
      yield* staysAfter(streams.fail(held, { error: "no", final: true }))
      yield* staysAfter(streams.replay("mail_ingest", "all"))
      const [again] = yield* claim(streams)
      if (again === undefined) return assert.fail("no task")
      // As ingest does it: the message first, then the end of the task.
      const messageId = yield* delivered(mailbox, blob)
      yield* staysAfter(streams.ack([again]))
      yield* expunged(mailbox, messageId)
      yield* sweep()
      assert.isFalse(yield* isStored(blob.key))
    })
  )

  it.effect("are those of dead letters that were given up for good", () =>
    Effect.gen(function* () {
      const streams = yield* Streams
      const blob = yield* storedBlob()
      yield* accepted(yield* newMailbox, blob)
      yield* Effect.forEach(yield* claim(streams), (task) => streams.fail(task, { error: "no", final: true }))
      yield* streams.drop("mail_ingest", "all")
      yield* sweep()
      assert.isFalse(yield* isStored(blob.key))
    })
  )

  it.effect("are none while a mailbox is on hold from which the message was removed", () =>
    Effect.gen(function* () {
      const retention = yield* Retention
      const mailbox = yield* newMailbox
      const [before, during] = [yield* storedBlob(), yield* storedBlob()]
      yield* expunged(mailbox, yield* delivered(mailbox, before))
      yield* retention.setHold(mailbox, "a case")
      const messageId = yield* delivered(mailbox, during)
      yield* expunged(mailbox, messageId)
      yield* sweep()
      assert.deepEqual([yield* isStored(before.key), yield* isStored(during.key)], [false, true])
      const [hold] = yield* retention.holds(null, { after: null, limit: 10 })
      assert.strictEqual(hold?.keptMessages, 1)
      yield* retention.clearHold(mailbox)
      yield* sweep()
      assert.isFalse(yield* isStored(during.key))
    })
  )

  it.effect("stay for the grace time since they were stored, and since nobody needs them", () =>
    Effect.gen(function* () {
      const mailbox = yield* newMailbox
      const grace = Duration.hours(24)
      const [young, gone] = [yield* storedBlob(), yield* storedBlob()]
      yield* expunged(mailbox, yield* delivered(mailbox, gone))
      yield* sweep({ grace })
      assert.deepEqual(yield* found("unreferenced"), [])
      // Old enough from now on, and found for the first time.
      yield* sweep({ removes: false })
      assert.sameMembers([...(yield* found("unreferenced"))], [young.key, gone.key])
      yield* age(23)
      yield* sweep({ grace })
      assert.isTrue(yield* isStored(gone.key))
      yield* age(2)
      yield* sweep({ grace })
      assert.deepEqual([yield* isStored(young.key), yield* isStored(gone.key)], [false, false])
    })
  )

  it.effect("are none any more where somebody needs them again at the second look", () =>
    Effect.gen(function* () {
      const blob = yield* storedBlob()
      yield* sweep({ removes: false })
      assert.deepEqual(yield* found("unreferenced"), [blob.key])
      yield* age(48)
      yield* accepted(yield* newMailbox, blob)
      yield* sweep({ grace: Duration.hours(24) })
      assert.isTrue(yield* isStored(blob.key))
      assert.deepEqual(yield* found("unreferenced"), [])
    })
  )

  it.effect("stay where too many are unknown to the database, but for those that it knows", () =>
    Effect.gen(function* () {
      const mailbox = yield* newMailbox
      const unknown = yield* Effect.forEach([1, 2, 3], () => storedBlob())
      const known = yield* storedBlob()
      yield* expunged(mailbox, yield* delivered(mailbox, known))
      yield* sweep({ maxUnknown: 2 })
      const stays = yield* Effect.forEach([known, ...unknown], ({ key }) => isStored(key))
      assert.deepEqual(stays, [false, true, true, true])
      yield* sweep({ maxUnknown: 3 })
      assert.isFalse(yield* isStored(unknown[0]?.key ?? known.key))
    })
  )

  it.effect("are left alone where the name is none of ours", () =>
    Effect.gen(function* () {
      const blobs = yield* BlobStore
      const { key } = yield* storedBlob()
      const foreign = yield* blobs.putBytes(
        BlobKey(key.replace(/[^/]+\.eml$/, "notes.eml")),
        Buffer.from("x")
      )
      yield* sweep()
      assert.deepEqual([yield* isStored(key), yield* isStored(foreign.key)], [false, true])
    })
  )
})

const missing = Effect.flatMap(makeMissing({ checked: 1_000_000 }), wholePass)
const scrub = Effect.flatMap(makeCorrupt({ scrubbedBytes: 1e12 }), wholePass)

/** The same key, other bytes. */
const spoil = (key: BlobKey, bytes: Uint8Array) =>
  Effect.flatMap(BlobStore, (blobs) => Effect.zipRight(blobs.remove(key), blobs.putBytes(key, bytes)))

layer(quietly, { timeout: "60 seconds", excludeTestServices: true })("blobs of messages", (it) => {
  it.effect("are reported where they are missing, cut or changed, until they are mended", () =>
    Effect.gen(function* () {
      const blobs = yield* BlobStore
      const mailbox = yield* newMailbox
      const [good, lost, cut, changed] = [
        yield* storedBlob(),
        yield* storedBlob(),
        yield* storedBlob(),
        yield* storedBlob()
      ]
      for (const blob of [good, lost, cut, changed]) yield* delivered(mailbox, blob)
      const original = yield* blobs.get(changed)
      yield* blobs.remove(lost.key)
      yield* spoil(cut.key, Buffer.alloc(10))
      yield* spoil(changed.key, Buffer.alloc(changed.sizeBytes))

      yield* missing
      assert.deepEqual([yield* found("missing"), yield* found("corrupt")], [[lost.key], [cut.key]])
      yield* scrub
      assert.deepEqual(yield* found("missing"), [lost.key])
      assert.sameMembers([...(yield* found("corrupt"))], [cut.key, changed.key])

      yield* spoil(changed.key, original)
      // Its size says nothing of what is in it.
      yield* missing
      assert.sameMembers([...(yield* found("corrupt"))], [cut.key, changed.key])
      yield* scrub
      assert.deepEqual(yield* found("corrupt"), [cut.key])
    })
  )

  it.effect("are no problem once nobody has the message", () =>
    Effect.gen(function* () {
      const blobs = yield* BlobStore
      const mailbox = yield* newMailbox
      const blob = yield* storedBlob()
      const messageId = yield* delivered(mailbox, blob)
      yield* blobs.remove(blob.key)
      yield* missing
      assert.include(yield* found("missing"), blob.key)
      yield* expunged(mailbox, messageId)
      yield* missing
      assert.notInclude(yield* found("missing"), blob.key)
    })
  )

  it.effect("are each looked at once, however many have the message, also of removed mail on hold", () =>
    Effect.gen(function* () {
      const retention = yield* Retention
      const mailboxes = yield* Effect.forEach(Array.from({ length: 60 }), () => newMailbox)
      const [shared, kept] = [yield* storedBlob(), yield* storedBlob()]
      for (const mailbox of mailboxes) yield* delivered(mailbox, shared)
      const [first = yield* newMailbox] = mailboxes
      yield* retention.setHold(first, "")
      yield* expunged(first, yield* delivered(first, kept))
      const looked: Array<BlobKey> = []
      const counting = Layer.effect(
        BlobStore,
        Effect.map(BlobStore, (blobs) => ({
          ...blobs,
          sizeBytes: (key: BlobKey) =>
            Effect.suspend(() => {
              looked.push(key)
              return blobs.sizeBytes(key)
            })
        }))
      )
      yield* Effect.provide(missing, counting)
      assert.strictEqual(looked.filter((key) => key === shared.key).length, 1)
      assert.strictEqual(looked.filter((key) => key === kept.key).length, 1)
      assert.strictEqual(new Set(looked).size, looked.length)
    })
  )
})

const away = () => Effect.fail(new BlobUnavailable({ reason: "io" }))
/** A store of which some calls fail. */
const failing = (faults: Partial<typeof BlobStore.Service>) =>
  Layer.effect(
    BlobStore,
    Effect.map(BlobStore, (blobs) => ({ ...blobs, ...faults }))
  )

layer(quietly, { timeout: "60 seconds", excludeTestServices: true })("the reconciler in doubt", (it) => {
  it.effect("removes nothing where the listing fails, removing fails, or the database is away", () =>
    Effect.gen(function* () {
      const references = yield* BlobReferences
      yield* newMailbox
      const blob = yield* storedBlob()
      const dbAway = { ...references, due: () => Effect.fail(new Unavailable({ what: "storage" })) }
      const removed: Array<BlobKey> = []
      const remove = (key: BlobKey) => Effect.sync(() => void removed.push(key))
      for (const [what, faults] of [
        ["list", failing({ list: away, remove })],
        ["due", Layer.merge(failing({ remove }), Layer.succeed(BlobReferences, dbAway))]
      ] as const) {
        const exit = yield* Effect.exit(Effect.provide(sweep(), faults))
        assert.isTrue(Exit.isFailure(exit), what)
      }
      assert.deepEqual(removed, [])
      yield* Effect.exit(Effect.provide(sweep(), failing({ remove: away })))
      assert.include(yield* found("unreferenced"), blob.key)
      assert.strictEqual(yield* isStored(blob.key), true)
    })
  )

  it.effect("reports nothing where the store is away, but goes on behind a blob that cannot be read", () =>
    Effect.gen(function* () {
      const mailbox = yield* newMailbox
      const [one, bad] = [yield* storedBlob(), yield* storedBlob()]
      for (const blob of [one, bad]) yield* delivered(mailbox, blob)
      const store = yield* BlobStore
      const gone = failing({ stream: () => Stream.fromEffect(away()), sizeBytes: away })
      for (const pass of [missing, scrub]) {
        const error = yield* Effect.flip(Effect.provide(pass, gone))
        assert.strictEqual(error._tag, "BlobUnavailable")
      }
      assert.deepEqual([yield* found("missing"), yield* found("corrupt")], [[], []])
      const badSector = failing({
        stream: (ref) => (ref.key === bad.key ? Stream.fromEffect(away()) : store.stream(ref))
      })
      yield* Effect.provide(scrub, badSector)
      assert.deepEqual(yield* found("corrupt"), [bad.key])
    })
  )
})

it.effect("a scrub takes as long as its pace says", () =>
  Effect.gen(function* () {
    const content = (n: number) => ContentId(`00000000-0000-4000-8000-${String(n).padStart(12, "0")}`)
    const blobs = [1, 2, 3].map((n) => ({
      contentId: content(n),
      key: BlobKey(`blobs/t/${n}.eml`),
      checksum: "",
      sizeBytes: 1000,
      problem: null
    }))
    const read: Array<string> = []
    const twins = Layer.merge(
      Layer.mock(BlobReferences, {
        referenced: (after) =>
          Effect.succeed(blobs.filter(({ contentId }) => after === null || contentId > after)),
        forgetMissing: Effect.void
      }),
      Layer.mock(BlobStore, {
        stream: ({ key }) => {
          read.push(key)
          return Stream.empty
        }
      })
    )
    const pass = yield* Effect.fork(
      Effect.provide(Effect.flatMap(makeCorrupt({ scrubbedBytes: 100 }), wholePass), twins)
    )
    yield* TestClock.adjust("9 seconds")
    assert.strictEqual(read.length, 1)
    yield* TestClock.adjust("11 seconds")
    assert.strictEqual(read.length, 3)
    yield* TestClock.adjust("10 seconds")
    yield* Fiber.join(pass)
  })
)
