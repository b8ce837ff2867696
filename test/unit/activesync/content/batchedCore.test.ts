import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Busy } from "../../../../src/domain/errors.ts"
import { batchedCore, type ContentsCore } from "../../../../src/protocols/activesync/content/batchedCore.ts"
import {
  type BodyOptions,
  defaultBodyOptions
} from "../../../../src/protocols/activesync/content/bodyOptions.ts"
import { type ItemRequest, itemContent } from "../../../../src/protocols/activesync/content/itemContent.ts"
import { call, storedMail } from "../../../support/activesync/storedMail.ts"
import { toXml } from "../../../support/activesync/wbxml.ts"
import { mailboxId } from "../../../support/alice.ts"

const plain = (n: number) => `Subject: ${n}\r\n\r\nplain ${n}`
const html = (n: number) => `Subject: ${n}\r\nContent-Type: text/html\r\n\r\n<p>rich ${n}</p>`

const options: BodyOptions = {
  ...defaultBodyOptions,
  bodyPreferences: [
    { type: 2, truncationSize: 10, allOrNone: true, preview: null },
    { type: 1, truncationSize: 100, allOrNone: false, preview: 10 }
  ]
}

/** Ten messages, plain and HTML in turn, and what Core was asked. */
const world = Effect.gen(function* () {
  const mail = yield* storedMail
  const asked: Array<string> = []
  const noting =
    <I, A>(name: string, method: (given: typeof call, input: I) => A) =>
    (given: typeof call, input: I): A => {
      asked.push(name)
      return method(given, input)
    }
  const core: ContentsCore = {
    getMessage: noting("getMessage", mail.core.getMessage),
    getMessages: noting("getMessages", mail.core.getMessages),
    getBody: noting("getBody", mail.core.getBody),
    getBodies: noting("getBodies", mail.core.getBodies),
    getPart: noting("getPart", mail.core.getPart),
    getRaw: noting("getRaw", mail.core.getRaw)
  }
  const messages = yield* Effect.forEach(
    Array.from({ length: 10 }, (_, n) => n),
    (n) => mail.store(n % 2 === 0 ? plain(n) : html(n))
  )
  const items = messages.map((message) => ({ message, version: "16.1" as const, options }))
  return { mail, core, asked, items }
})

/** All of them at once; null for one that is gone. */
const rendered = (core: ContentsCore, items: ReadonlyArray<Omit<ItemRequest, "mailboxId">>) => {
  const together = batchedCore(core, call, mailboxId)
  return Effect.forEach(
    items,
    (item) =>
      itemContent(together)(call, { mailboxId, ...item }).pipe(
        Effect.catchTag("NotFound", () => Effect.succeed(null))
      ),
    { batching: true, concurrency: items.length }
  )
}

describe("the content of many items", () => {
  it.effect("is that of each, and asks a few times for all of them", () =>
    Effect.gen(function* () {
      const { core, asked, items } = yield* world
      const together = yield* rendered(core, items)
      assert.deepStrictEqual(asked, ["getMessages", "getBodies", "getBodies", "getBodies", "getBodies"])
      const alone = yield* Effect.forEach(items, (item) => itemContent(core)(call, { mailboxId, ...item }))
      assert.deepStrictEqual(
        together.map((content) => content?.map(toXml)),
        alone.map((content) => content.map(toXml))
      )
    })
  )

  it.effect("of one that is gone is none; the others come", () =>
    Effect.gen(function* () {
      const { mail, core, items } = yield* world
      mail.messages.delete(items[3]?.message.id ?? assert.fail())
      const contents = yield* rendered(core, items)
      assert.deepStrictEqual(
        contents.flatMap((content, index) => (content === null ? [index] : [])),
        [3]
      )
    })
  )

  it.effect("of one whose blob is lost is minimal; the others come whole", () =>
    Effect.gen(function* () {
      const { mail, core, items } = yield* world
      yield* mail.blobs.remove(items[3]?.message.blobKey ?? assert.fail())
      const contents = yield* rendered(core, items)
      const raw = contents.flatMap((content, index) =>
        content?.some((part) => toXml(part).includes(":raw<")) ? [index] : []
      )
      assert.deepStrictEqual(raw, [3])
    })
  )

  it.effect("is asked for one by one where a defect hides in one of them", () =>
    Effect.gen(function* () {
      const { mail, core, items } = yield* world
      const bad = items[3]?.message.id
      const broken: ContentsCore = {
        ...core,
        getBodies: () => Effect.dieMessage("a bug"),
        getBody: (given, input) =>
          input.messageId === bad ? Effect.dieMessage("a bug") : mail.core.getBody(given, input)
      }
      const contents = yield* rendered(broken, items)
      const raw = contents.flatMap((content, index) =>
        content?.some((part) => toXml(part).includes(":raw<")) ? [index] : []
      )
      assert.deepStrictEqual(raw, [3])
    })
  )

  it.effect("fails where Core may answer later", () =>
    Effect.gen(function* () {
      const { core, items } = yield* world
      const busy: ContentsCore = { ...core, getBodies: () => new Busy({ retryAfterMillis: 1 }) }
      const error = yield* Effect.flip(rendered(busy, items))
      assert.strictEqual(error._tag, "Busy")
    })
  )
})
