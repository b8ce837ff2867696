import { Agent } from "node:http"
import { assert } from "@effect/vitest"
import { Clock, Effect, Either, Fiber, Logger, LogLevel, Option, type Scope } from "effect"
import { decode } from "../../../src/protocols/activesync/wbxml/decode.ts"
import { type Element, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import type { PostgresAddress } from "../../../src/storage/postgres.ts"
import { ask, type HttpAnswer } from "../../support/activesync/http.ts"
import { readSync, syncDocument } from "../../support/activesync/talk.ts"
import { untilDrained } from "../../support/invariants.ts"
import { checkJournal, readMailbox } from "../../support/journals.ts"
import { demoPassword, type Platform, platformOn } from "../../support/platform.ts"
import { type Form, readForm } from "./form.ts"
import { judge } from "./judge.ts"
import { Memory } from "./Memory.ts"
import { newMailbox } from "./mailbox.ts"
import { filled } from "./placeholders.ts"

/** A whole platform whose commands are asked over HTTP: what they are asked is answered, and answered well. */
export interface World {
  /** Says what kind of answer came; dies where it may not be so. */
  readonly check: (input: Uint8Array) => Effect.Effect<string>
  /** Looks after what the requests left of the mailbox that they went to last. */
  readonly leave: Effect.Effect<void>
}

/** A mailbox that was asked so often is left for a new one: little is left in it. */
const inputsPerMailbox = 200
/** Whoever is not answered by now may be parked, and is asked to give way. */
const parkedAfter = "20 millis"
const patience = "8 seconds"
/** Keys are looked after once in so many inputs. */
const probeEvery = 8

const wbxml = "application/vnd.ms-sync.wbxml"

/** `lints` is given the first answer of each kind. */
export const makeWorld = (
  database: PostgresAddress,
  lints: (document: Uint8Array) => Effect.Effect<void>
): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const platform = yield* Logger.withMinimumLogLevel(platformOn(database), LogLevel.Error)
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent({ keepAlive: true })),
      (open) => Effect.sync(() => open.destroy())
    )
    const ends = new Set<string>()
    let phone: Phone | null = null
    let count = 0

    const leave = Effect.suspend(() =>
      phone === null
        ? Effect.void
        : // What it sent to itself is on its way.
          Effect.zipRight(untilDrained(platform), readMailbox(platform, phone.address)).pipe(
            Effect.map(checkJournal)
          )
    )

    const current = Effect.suspend(() => {
      count += 1
      if (phone !== null && count % inputsPerMailbox !== 0) return Effect.succeed(phone)
      return Effect.zipRight(leave, newPhone(platform, agent, count)).pipe(
        Effect.tap((made) => {
          phone = made
        })
      )
    })

    return {
      leave,
      check: (input) =>
        Effect.gen(function* () {
          const { send, memory } = yield* current
          const form = readForm(input)
          const answer = yield* answered(send, { ...form, body: filledBody(form, memory) })
          const judged = judge(form, answer)
          if (judged.document !== null) memory.learn(judged.document)
          yield* assertQuiet(platform)
          if (judged.document !== null && !ends.has(judged.end)) yield* lints(encode(judged.document))
          ends.add(judged.end)
          if (count % probeEvery === 0) yield* probe(send, memory)
          return judged.end
        })
    }
  })

const assertQuiet = (platform: Platform): Effect.Effect<void> =>
  Effect.flatMap(platform.logs, (logs) => (logs === "" ? Effect.void : Effect.dieMessage(logs)))

type Send = (form: Form) => Effect.Effect<HttpAnswer>

interface Phone {
  readonly address: string
  readonly send: Send
  readonly memory: Memory
}

const newPhone = (platform: Platform, agent: Agent, number: number): Effect.Effect<Phone> =>
  Effect.gen(function* () {
    const mailbox = yield* newMailbox(platform, number)
    const memory = new Memory(mailbox)
    const { host, http } = platform.at
    const authorization = `Basic ${Buffer.from(`${mailbox.address}:${demoPassword}`).toString("base64")}`
    const send: Send = (form) =>
      ask(
        { host, port: http, agent },
        {
          path: `/Microsoft-Server-ActiveSync?${queryOf(form, memory)}`,
          headers: {
            authorization,
            "ms-asprotocolversion": form.version,
            "ms-asacceptmultipart": form.multipart ? "T" : "F",
            "content-type": form.isMime ? "message/rfc822" : wbxml
          },
          body: form.body
        }
      )
    const say = (document: Element) =>
      Effect.map(send(requestOf(document)), (answer) => {
        const { document: told } = judge(requestOf(document), answer)
        if (told !== null) memory.learn(told)
      })
    yield* say(foldersDocument("0"))
    for (const id of collections) yield* say(syncDocument({ collections: [{ id, key: "0" }] }))
    // Some of the Inbox, so that there is more.
    for (const id of collections)
      yield* say(syncDocument({ collections: [{ id, key: memory.keyOf(id), window: 3 }] }))
    return { address: mailbox.address, send, memory }
  })

const collections = ["1", "2", "4"] as const

const foldersDocument = (key: string) =>
  element("FolderHierarchy:FolderSync", element("FolderHierarchy:SyncKey", key))

const requestOf = (document: Element): Form => ({
  command: document.tag === "AirSync:Sync" ? "Sync" : "FolderSync",
  version: "16.1",
  multipart: false,
  names: "nothing",
  isMime: false,
  body: encode(document)
})

const queryOf = ({ command, names, body }: Form, memory: Memory): string => {
  const filling = memory.filling()
  const parameters = {
    Cmd: command,
    User: "alice@demo.test",
    DeviceId: "FUZZED",
    DeviceType: "Phone",
    SaveInSent: "T",
    ...(names === "item" ? { CollectionId: "1", ItemId: String(filling["{message}"]) } : {}),
    ...(names === "long id" ? { LongId: String(filling["{long id}"]) } : {}),
    ...(command === "GetAttachment" ? { AttachmentName: attachmentName(body, filling["{attachment}"]) } : {})
  }
  return new URLSearchParams(parameters).toString()
}

const attachmentName = (body: Uint8Array, known: string | Uint8Array): string => {
  const text = Buffer.from(body.subarray(0, 100)).toString("latin1")
  return text === "{attachment}" ? String(known) : text
}

const filledBody = ({ body }: Form, memory: Memory): Uint8Array =>
  Either.match(decode(body), {
    onLeft: () => body,
    onRight: (document) => encode(filled(document, memory.filling()))
  })

/** In time: a request that is parked gives way to the next one of its device. */
const answered = (send: Send, form: Form): Effect.Effect<HttpAnswer> =>
  Effect.gen(function* () {
    const startedAt = yield* Clock.currentTimeMillis
    const asked = yield* Effect.fork(send(form))
    const soon = yield* Effect.timeoutOption(Effect.disconnect(Fiber.join(asked)), parkedAfter)
    if (Option.isSome(soon)) return soon.value
    yield* send({ ...form, command: "Ping", isMime: false, body: Buffer.of(0) })
    const answer = yield* Effect.timeoutOption(Effect.disconnect(Fiber.join(asked)), patience)
    const took = (yield* Clock.currentTimeMillis) - startedAt
    return Option.getOrThrowWith(answer, () => new Error(`${form.command}: no answer in ${took} ms`))
  })

/** The keys that the phone holds are good, whatever it asked. */
const probe = (send: Send, memory: Memory): Effect.Effect<void> =>
  Effect.gen(function* () {
    const say = (document: Element) =>
      Effect.map(send(requestOf(document)), (answer) => {
        const { document: told } = judge(requestOf(document), answer)
        if (told !== null) memory.learn(told)
        return told
      })
    const folders = yield* say(foldersDocument(memory.hierarchyKey))
    assert.strictEqual(folders === null ? "" : statusOf(folders), "1", "the key of the folders is lost")
    for (const id of collections) {
      const told = yield* say(syncDocument({ collections: [{ id, key: memory.keyOf(id), window: 1 }] }))
      const answer = told === null ? null : readSync(told)
      if (answer !== null)
        assert.deepStrictEqual(
          [answer.status, answer.collections.map(({ status }) => status)],
          [undefined, ["1"]],
          `the key of ${id} is lost`
        )
    }
  })

const statusOf = (document: Element): string | undefined =>
  document.children.flatMap((child) =>
    typeof child === "object" && "tag" in child && child.tag.endsWith(":Status")
      ? [child.children.join("")]
      : []
  )[0]
