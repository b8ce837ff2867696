import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schedule } from "effect"
import { childElements, type Element, element } from "../../src/protocols/activesync/wbxml/element.ts"
import { type Phone, phoneAt } from "../support/activesync/client.ts"
import { elementAt, textAt } from "../support/activesync/documents.ts"
import { type Platform, platformHere } from "../support/platform.ts"

class Running extends Context.Tag("test/Running")<Running, Platform>() {}
/** Two people's phones; what they are answered is linted. */
class Phones extends Context.Tag("test/Phones")<Phones, { readonly alice: Phone; readonly bob: Phone }>() {}

const layerRunning = Layer.scoped(
  Phones,
  Effect.gen(function* () {
    const alice = yield* phoneAt(yield* Running, { deviceId: "ALICE" })
    return { alice, bob: alice.but({ address: "bob@demo.test", deviceId: "BOB" }) }
  })
).pipe(Layer.provideMerge(Layer.scoped(Running, platformHere())))

const mimeOf = (subject: string, text: string) =>
  Buffer.from(
    `From: alice@demo.test\r\nTo: bob@demo.test\r\nSubject: ${subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`
  )

let sent = 0

/** From alice to bob. */
const send = (subject: string, text = "nothing much") =>
  Effect.gen(function* () {
    const { alice } = yield* Phones
    sent += 1
    const mail = element(
      "ComposeMail:SendMail",
      element("ComposeMail:ClientId", `search-${sent}`),
      element("ComposeMail:Mime", mimeOf(subject, text))
    )
    const { code, body } = yield* alice.ask("SendMail", mail)
    assert.deepStrictEqual([code, body.length], [200, 0])
  })

const searchOf = (name: string, query: ReadonlyArray<Element> | string, ...options: ReadonlyArray<Element>) =>
  element(
    "Search:Search",
    element(
      "Search:Store",
      element("Search:Name", name),
      element("Search:Query", query),
      options.length === 0 ? null : element("Search:Options", options)
    )
  )

const mailSearch = (text: string, ...options: ReadonlyArray<Element>) =>
  searchOf(
    "Mailbox",
    [element("Search:And", element("AirSync:Class", "Email"), element("Search:FreeText", text))],
    ...options
  )

const findOf = (text: string) =>
  element(
    "Find:Find",
    element("Find:SearchId", "one"),
    element(
      "Find:ExecuteSearch",
      element(
        "Find:MailBoxSearchCriterion",
        element("Find:Query", element("AirSync:Class", "Email"), element("Find:FreeText", text)),
        element("Find:Options", element("Find:Range", "0-9"))
      )
    )
  )

const store = ["Search:Response", "Search:Store"] as const
const found = ["Find:Response"] as const

const resultsOf = (document: Element | null) =>
  [elementAt(document, ...store), elementAt(document, ...found)]
    .flatMap((parent) => (parent === undefined ? [] : childElements(parent)))
    .filter(({ tag, children }) => (tag === "Search:Result" || tag === "Find:Result") && children.length > 0)

/** Mail travels, and its text is indexed a moment later. */
const until = (count: number, ask: Effect.Effect<{ readonly document: Element | null }>) =>
  ask.pipe(
    Effect.filterOrFail(({ document }) => resultsOf(document).length === count),
    Effect.retry(Schedule.spaced("50 millis")),
    Effect.timeout("30 seconds"),
    Effect.orDie
  )

layer(layerRunning, { excludeTestServices: true, timeout: 120_000 })("Search over HTTP", (it) => {
  it.effect(
    "CMD_S14_TC13, ASEMAIL_S01_TC24: mail from one phone is found by the words in it on the other, and fetched by its LongId",
    () =>
      Effect.gen(function* () {
        const { alice, bob } = yield* Phones
        yield* send("Quarterly figures", "The margin of Zürich is thin")
        yield* send("Other things")
        const { document } = yield* until(1, bob.ask("Search", mailSearch("zurich margin")))
        const [result] = resultsOf(document)
        assert.strictEqual(textAt(document, ...store, "Search:Status"), "1")
        assert.strictEqual(textAt(document, ...store, "Search:Range"), "0-0")
        assert.strictEqual(textAt(document, ...store, "Search:Total"), "1")
        const longId = textAt(result ?? null, "Search:LongId") ?? ""
        const fetched = yield* bob.ask(
          "ItemOperations",
          element(
            "ItemOperations:ItemOperations",
            element(
              "ItemOperations:Fetch",
              element("ItemOperations:Store", "Mailbox"),
              element("Search:LongId", longId)
            )
          )
        )
        assert.strictEqual(
          textAt(
            fetched.document,
            "ItemOperations:Response",
            "ItemOperations:Fetch",
            "ItemOperations:Properties",
            "Email:Subject"
          ),
          "Quarterly figures"
        )
        // It is bob's; alice has a copy of her own in Sent Items at most.
        const own = yield* alice.ask("Search", mailSearch("zurich margin", element("Search:RebuildResults")))
        assert.isAtMost(resultsOf(own.document).length, 1)
      })
  )

  it.effect("CMD_S14_TC12: words that nobody wrote are found nowhere", () =>
    Effect.gen(function* () {
      const { bob } = yield* Phones
      const { document } = yield* bob.ask("Search", mailSearch("xyzzyplugh"))
      assert.strictEqual(textAt(document, ...store, "Search:Status"), "1")
      assert.isDefined(elementAt(document, ...store, "Search:Result"))
    })
  )

  it.effect("CMD_S23_TC05, ASEMAIL_S01_TC32: Find understands who wrote and what about", () =>
    Effect.gen(function* () {
      const { bob } = yield* Phones
      yield* send("Travel plans", "by train")
      const { document } = yield* until(
        1,
        bob.ask("Find", findOf('from:alice subject:"travel plans" -plane'))
      )
      const [result] = resultsOf(document)
      assert.strictEqual(textAt(result ?? null, "Find:Properties", "Find:Preview"), "by train")
      const none = yield* bob.ask("Find", findOf("from:carol travel"))
      assert.deepStrictEqual(resultsOf(none.document), [])
    })
  )

  it.effect("CMD_S14_TC14: people of the tenant are found by the beginning of their names", () =>
    Effect.gen(function* () {
      const { bob } = yield* Phones
      const { document } = yield* bob.ask("Search", searchOf("GAL", "ali"))
      const [result] = resultsOf(document)
      assert.strictEqual(textAt(result ?? null, "Search:Properties", "Gal:EmailAddress"), "alice@demo.test")
      assert.strictEqual(textAt(result ?? null, "Search:Properties", "Gal:Alias"), "alice")
    })
  )

  it.effect("what no search could mean is answered with a status, and nothing of it is an operator", () =>
    Effect.gen(function* () {
      const { bob } = yield* Phones
      const statusOf = (text: string) =>
        Effect.map(bob.ask("Search", mailSearch(text)), ({ code, document }) => [
          code,
          textAt(document, ...store, "Search:Status")
        ])
      assert.deepStrictEqual(yield* statusOf("word ".repeat(10_000)), [200, "8"])
      for (const text of [
        '"',
        '""""',
        'a" OR in:inbox',
        "((((",
        "in:nowhere",
        "-",
        "%_\\'; --",
        "\u{1f389}",
        "日本語"
      ])
        assert.deepStrictEqual(yield* statusOf(text), [200, "1"])
    })
  )
})
