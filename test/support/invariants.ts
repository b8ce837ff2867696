import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Array as Arrays, Chunk, Effect, Schedule, Stream } from "effect"
import { checkJournal, checkWatched, checkWishes, readMailbox, type Stored } from "./journals.ts"
import type { Offer } from "./offers.ts"
import type { Platform } from "./platform.ts"
import type { Watched } from "./watching.ts"
import type { Wish } from "./wishes.ts"

/** What the clients of a fault test know. */
export interface Expectations {
  /** Every mailbox of the platform that may hold mail. */
  readonly addresses: ReadonlyArray<string>
  /** Every message that was ever offered to the platform, by whatever protocol. */
  readonly offers: ReadonlyArray<Offer>
  readonly wishes: ReadonlyArray<Wish>
  readonly watched: ReadonlyArray<Watched>
}

export interface Figures {
  readonly accepted: number
  /** Messages of which no client knows whether they were accepted. */
  readonly unknown: number
  /** Recipients in the ledger. */
  readonly recipients: number
  readonly imbalance: number
  readonly changes: number
}

/** Whether nobody has anything left to do for mail that was accepted. */
const leftToDo = `SELECT
  (SELECT count(*) FROM queue.tasks WHERE type = 'mail_ingest' AND status IN ('queued', 'running')) AS tasks,
  (SELECT count(*) FROM mail_state.outbox) AS commits`

/** I6: the queue of accepted mail and the outbox become empty, within a bound. */
export const untilDrained = (platform: Platform): Effect.Effect<void> =>
  Effect.gen(function* () {
    const left = { tasks: -1, commits: -1 }
    const look = Effect.map(platform.query<{ tasks: number; commits: number }>(leftToDo), ([row]) => {
      Object.assign(left, row)
      return left.tasks === 0 && left.commits === 0
    })
    const isDrained = yield* Effect.repeat(look, {
      schedule: Schedule.spaced("50 millis"),
      until: (isEmpty) => isEmpty
    }).pipe(Effect.timeoutTo({ duration: "90 seconds", onSuccess: () => true, onTimeout: () => false }))
    ok(isDrained, `I6: still ${left.tasks} messages and ${left.commits} commits to tell of`)
  })

/**
 * Waits until the platform has come to rest, then asserts what must hold after any fault (DESIGN 11): I1 and I2, every
 * accepted message once with each of its recipients; I3, journals without gaps that make the state; I5, blobs that
 * match; I6, drained queues; I7, watchers that heard everything once; I8, granted wishes.
 */
export const assertInvariants = (platform: Platform, expected: Expectations): Effect.Effect<Figures> =>
  Effect.gen(function* () {
    yield* untilDrained(platform)
    const ledger = yield* checkLedger(platform)
    yield* checkDeliveries(platform)
    yield* checkOffers(platform, expected)
    yield* checkBlobs(platform)
    yield* checkRaw(platform, expected.offers)
    const mailboxes = yield* Effect.forEach(expected.addresses, (address) => readMailbox(platform, address))
    for (const mailbox of mailboxes) {
      checkJournal(mailbox)
      checkWishes(
        mailbox,
        expected.wishes.filter(({ address }) => address === mailbox.address)
      )
      yield* checkServed(platform, mailbox)
      yield* checkWatcher(mailbox, expected)
    }
    const count = (fate: Offer["fate"]) => expected.offers.filter((offer) => offer.fate === fate).length
    return {
      accepted: count("accepted"),
      unknown: count("unknown"),
      recipients: Number(ledger.accepted),
      imbalance: Number(ledger.imbalance),
      changes: mailboxes.reduce((sum, { journal }) => sum + journal.length, 0)
    }
  })

const checkWatcher = (mailbox: Stored, { watched }: Expectations) =>
  Effect.gen(function* () {
    const watcher = watched.find(({ address }) => address === mailbox.address)
    if (watcher === undefined) return
    yield* watcher.until(mailbox.state.modSeq)
    checkWatched(mailbox, watcher)
  })

const checkLedger = (platform: Platform) =>
  Effect.map(platform.ledger, (ledger) => {
    const { accepted, bounced, deadLettered, delivered, dropped, imbalance, inFlight } = ledger
    deepStrictEqual(
      { bounced, deadLettered, delivered, dropped, imbalance, inFlight },
      { bounced: 0n, deadLettered: 0n, delivered: accepted, dropped: 0n, imbalance: 0n, inFlight: 0n },
      "I1: the ledger does not balance, or not everything was delivered"
    )
    return ledger
  })

/** I1, I2: of each task, one message with each of its recipients and with nobody else. */
const checkDeliveries = (platform: Platform) =>
  Effect.map(
    platform.query(
      `WITH wanted AS (
        SELECT (payload ->> 'contentId')::uuid AS content_id, (recipient ->> 'mailboxId')::uuid AS user_id
        FROM queue.tasks, jsonb_array_elements(payload -> 'recipients') AS recipient WHERE type = 'mail_ingest'
      ), found AS (
        SELECT content_id, user_id, count(*) AS times FROM mail_state.messages
        WHERE content_id IN (SELECT content_id FROM wanted) GROUP BY content_id, user_id
      )
      SELECT * FROM wanted FULL JOIN found USING (content_id, user_id) WHERE times IS DISTINCT FROM 1
        OR (SELECT count(*) FROM wanted AS same
          WHERE same.content_id = found.content_id AND same.user_id = found.user_id) <> 1`
    ),
    (rows) =>
      deepStrictEqual(rows, [], "I1, I2: a task did not become one message for each of its recipients")
  )

interface Holding {
  readonly email: string
  readonly internet_message_id: string
  readonly times: number
}

/** I1, I2, I8 as the clients see it: what got a `250` is there once for each; what got no answer, at most once. */
const checkOffers = (platform: Platform, { addresses, offers }: Expectations) =>
  Effect.map(
    platform.query<Holding>(
      `SELECT owner.email, internet_message_id, count(*) AS times FROM mail_state.messages AS message
      JOIN mail_state.users AS owner ON owner.id = message.user_id GROUP BY owner.email, internet_message_id`
    ),
    (holdings) => {
      const times = new Map(holdings.map((row) => [`${row.email} ${row.internet_message_id}`, row.times]))
      for (const [messageId, same] of Object.entries(Arrays.groupBy(offers, (it) => it.messageId))) {
        const replies = same.map(({ reply }) => reply)
        ok(!replies.some((reply) => reply.startsWith("5")), `${messageId} was refused for good: ${replies}`)
        const accepted = same.filter(({ fate }) => fate === "accepted").length
        const unknown = same.filter(({ fate }) => fate === "unknown").length
        for (const address of addresses) {
          const found = times.get(`${address} ${messageId}`) ?? 0
          const isRecipient = same[0].recipients.includes(address)
          const [least, most] = isRecipient ? [accepted, accepted + unknown] : [0, 0]
          ok(found >= least, `I1: ${address} has ${messageId} ${found} times, accepted ${least} times`)
          ok(found <= most, `I2: ${address} has ${messageId} ${found} times, offered ${most} times`)
          times.delete(`${address} ${messageId}`)
        }
      }
      deepStrictEqual([...times.keys()], [], "there is mail that nobody offered")
    }
  )

interface BlobRow {
  readonly blob_key: string
  readonly checksum: string
  readonly size_bytes: number
}

/** I5, from the files themselves. */
const checkBlobs = (platform: Platform) =>
  Effect.flatMap(
    platform.query<BlobRow>("SELECT DISTINCT blob_key, checksum, size_bytes FROM mail_state.messages"),
    (blobs) => Effect.forEach(blobs, (blob) => checkBlob(platform, blob), { concurrency: 8, discard: true })
  )

const checkBlob = (platform: Platform, { blob_key, checksum, size_bytes }: BlobRow) =>
  Effect.map(
    Effect.promise(() => readFile(join(platform.dataFolder, blob_key))),
    (bytes) => {
      const found = createHash("sha256").update(bytes).digest("hex")
      strictEqual(found, checksum, `I5: ${blob_key} does not match its checksum`)
      strictEqual(bytes.length, size_bytes, `I5: ${blob_key} has another size`)
    }
  )

/** Of so many messages the bytes are read back through the platform; the files were checked all. */
const readBack = 200

/** I5, as a client sees it: behind the trace fields, the bytes that were sent. */
const checkRaw = (platform: Platform, offers: ReadonlyArray<Offer>) =>
  Effect.forEach(
    offers.filter(({ fate }) => fate === "accepted").slice(-readBack),
    (offer) =>
      Effect.gen(function* () {
        const address = offer.recipients[offer.bytes.length % offer.recipients.length] ?? ""
        const [row] = yield* platform.query<{ readonly id: number }>(
          `SELECT message.id FROM mail_state.messages AS message JOIN mail_state.users AS owner
          ON owner.id = message.user_id WHERE owner.email = $1 AND internet_message_id = $2 LIMIT 1`,
          [address, offer.messageId]
        )
        const { mailbox, stream } = yield* platform.client(address)
        const pieces = yield* Effect.orDie(
          Stream.runCollect(
            stream((signal) => mailbox.getRaw({ messageId: BigInt(row?.id ?? 0) }, { signal }))
          )
        )
        const raw = Buffer.concat(Chunk.toReadonlyArray(pieces).map(({ data }) => data))
        const trace = raw.subarray(0, raw.length - offer.bytes.length).toString()
        ok(
          raw.subarray(trace.length).equals(offer.bytes),
          `I5: ${offer.messageId} came back with other bytes`
        )
        ok(
          /^(?:(?:Return-Path|Received): .*\r\n(?:[\t ].*\r\n)*)*$/.test(trace),
          `I5: a strange trace: ${trace}`
        )
      }).pipe(Effect.scoped),
    { concurrency: 4, discard: true }
  )

/** What the running actor shows is what the database holds. */
const checkServed = (platform: Platform, { address, state }: Stored) =>
  Effect.gen(function* () {
    const { mailbox, call } = yield* platform.client(address)
    const { folders, modSeq } = yield* Effect.orDie(call((signal) => mailbox.listFolders({}, { signal })))
    strictEqual(Number(modSeq), state.modSeq, `I3: ${address} is served at another change than its head`)
    deepStrictEqual(
      folders
        .map(({ id, total, unread, uidNext }) => [id, total, unread, uidNext].map(Number))
        .toSorted(byId),
      [...state.folders.values()]
        .map(({ id, total, unread, uidNext }) => [id, total, unread, uidNext].map(Number))
        .toSorted(byId),
      `I3: ${address} is served with other counters than are stored`
    )
  }).pipe(Effect.scoped)

const byId = ([left = 0]: ReadonlyArray<number>, [right = 0]: ReadonlyArray<number>) => left - right

/** Tells whoever runs the fault tests for long what was asserted; `scripts/chaos.cjs` adds it up. */
export const logAsserted = (
  what: string,
  about: {
    readonly traffic: { readonly offers: ReadonlyArray<Offer> }
    readonly figures: Figures
    readonly faults: number
    /** Parked all the while, none of them disturbed. */
    readonly pings?: number
  }
): Effect.Effect<void> =>
  Effect.logInfo(`asserted: ${what}`).pipe(
    Effect.annotateLogs({
      ...about.figures,
      rounds: about.faults,
      pings: about.pings ?? 0,
      fresh: about.traffic.offers.filter(({ fate }) => fate === "accepted").length
    })
  )
