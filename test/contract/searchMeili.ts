import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, type Scope } from "effect"
import type { MailboxId } from "../../src/domain/ids.ts"
import { TenantId } from "../../src/domain/ids.ts"
import { indexOf } from "../../src/storage/search/meili/meiliIndex.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { layerMeiliWorld, MeiliHere, type MeiliServer } from "../support/meiliWorld.ts"
import { deliver, find, found, index, type Letter } from "../support/searchWorld.ts"
import type { TcpProxy } from "../support/tcpProxy.ts"

/** The tenant of every mailbox of `newMailbox`. */
const uid = indexOf(TenantId("00000000-0000-4000-8000-00000000000a"))

const filled = (...letters: ReadonlyArray<Letter>) =>
  Effect.gen(function* () {
    const id = yield* newMailbox
    for (const [n, letter] of letters.entries()) yield* deliver(id, letter, { receivedAt: n * 1000 })
    yield* index(id)
    return id
  })

const numbers = (id: MailboxId, text: string) => Effect.map(find(id, text), (ids) => ids.map(Number))

/** What Meilisearch itself finds, and that it did. */
const asked = (id: MailboxId, text: string) =>
  Effect.gen(function* () {
    const { leftToPostgres } = yield* MeiliHere
    const before = leftToPostgres()
    const seen = yield* numbers(id, text)
    assert.strictEqual(leftToPostgres(), before, `Postgres was asked for ${text}`)
    return seen
  })

const expecting = (id: MailboxId, expected: Readonly<Record<string, ReadonlyArray<number>>>) =>
  Effect.forEach(Object.entries(expected), ([text, wanted]) =>
    Effect.map(asked(id, text), (seen) => assert.deepStrictEqual(seen, wanted, text))
  )

const ways: Readonly<Record<string, (proxy: TcpProxy) => Effect.Effect<void>>> = {
  "nobody listens": ({ refuse }) => refuse,
  "it is silent": ({ stall }) => stall(),
  "it hears and does not answer": ({ stall }) => stall("down"),
  "it breaks off": ({ cut }) => cut("down", { afterBytes: 30 }),
  "it answers with mail of somebody else": ({ alter }) =>
    alter((bytes, direction) =>
      direction === "up"
        ? bytes
        : Buffer.from(bytes.toString().replace(/"mailbox":"[^"]{8}/g, '"mailbox":"00000000'))
    ),
  "it talks nonsense": ({ alter }) =>
    alter((bytes, direction) =>
      direction === "up" ? bytes : Buffer.from(bytes.toString().replace(/[{[]/g, "("))
    )
}

const word = (n: number) => `w${n.toString(36)}`

/** What a server must do, and what must be done about what it does, whether it is a real one or the stand-in. */
export const meiliSuite = (name: string, server: Effect.Effect<MeiliServer, never, Scope.Scope>) => {
  describe(`${name} in front of Postgres`, () => {
    layer(layerMeiliWorld(server), { excludeTestServices: true, timeout: 60_000 })("", (it) => {
      it.effect("finds every word and phrase of a text that is longer than one attribute keeps", () =>
        Effect.gen(function* () {
          const count = 80_000
          const text = Array.from({ length: count }, (_, n) => word(n)).join(" ")
          const id = yield* filled(
            { subject: "long", text },
            { subject: "short", text: `${word(7)} ${word(9)}` }
          )
          yield* expecting(id, {
            [`"${word(0)}"`]: [1],
            [`"${word(65_534)}"`]: [1],
            [`"${word(65_536)}"`]: [1],
            [`"${word(count - 1)}"`]: [1],
            [`"${word(count - 2)} ${word(count - 1)}"`]: [1],
            [`"${word(7)} ${word(8)}"`]: [1],
            [`"${word(8)} ${word(7)}"`]: [],
            [`"${word(7)} ${word(9)}"`]: [2],
            [`"${word(9)}" "${word(7)}"`]: [2, 1],
            [`"${word(0)}" "${word(count - 1)}"`]: [1]
          })
        })
      )

      it.effect("finds one word that is said often, and what stands far behind it", () =>
        Effect.gen(function* () {
          const id = yield* filled({ subject: "dull", text: `${"again ".repeat(70_000)}and the end` })
          yield* expecting(id, { '"end"': [1], '"again and"': [1], '"the again"': [], '"again"': [1] })
        })
      )

      it.effect("finds words of any script and length, and joins or parts none of them", () =>
        Effect.gen(function* () {
          const long = "щ".repeat(200)
          const id = yield* filled(
            { subject: "scripts", text: `Привет мир 東京都 กรุงเทพ ${long} x東y αβγ שלום café 4711a 👍` },
            { subject: "together", text: "foobar camelCase dampfschiff" },
            { subject: "apart", text: "foo bar camel case dampf schiff" }
          )
          yield* expecting(id, {
            '"привет"': [1],
            '"мир" "привет"': [1],
            東京: [1],
            京東: [],
            เทพ: [1],
            [`"${long}"`]: [1],
            "пр*": [1],
            东: [],
            "東*": [1],
            '"αβγ"': [1],
            '"שלום"': [1],
            '"cafe"': [1],
            '"4711a"': [1],
            "4*": [1],
            "👍": [1],
            '"foobar"': [2],
            '"foo bar"': [3],
            '"foo" "bar"': [3],
            '"camelcase"': [2],
            '"dampf" "schiff"': [3],
            '"dampfschiff"': [2]
          })
        })
      )

      it.effect("takes for a phrase only words that stand in a row", () =>
        Effect.gen(function* () {
          const id = yield* filled(
            { text: "one two x two three x one x three" },
            { text: "one two three" },
            { text: "beta beta x beta beta" },
            { text: "beta beta beta" }
          )
          yield* expecting(id, {
            '"one two three"': [2],
            '"one two"': [2, 1],
            '"two three"': [2, 1],
            '"beta beta beta"': [4],
            '"beta beta"': [4, 3],
            '"three one"': []
          })
        })
      )

      it.effect("answers in pages where much of what it names was not meant", () =>
        Effect.gen(function* () {
          const letters = Array.from({ length: 60 }, (_, n) => ({
            text: n % 20 === 0 ? "one two three" : "one two x two three x one x three"
          }))
          const id = yield* filled(...letters)
          assert.deepStrictEqual(yield* asked(id, '"one two three"'), [41, 21, 1])
          const first = yield* found(id, '"one two three"', { limit: 2 })
          assert.deepStrictEqual(
            first.hits.map(({ messageId }) => Number(messageId)),
            [41, 21]
          )
          const next = yield* found(id, '"one two three"', { limit: 2, after: first.hits.at(-1) ?? null })
          assert.deepStrictEqual(
            next.hits.map(({ messageId }) => Number(messageId)),
            [1]
          )
        })
      )

      it.effect("leaves long beginnings to Postgres, which completes them with all words", () =>
        Effect.gen(function* () {
          const text = (from: number) =>
            Array.from({ length: 700 }, (_, n) => `begin${String(from + n).padStart(4, "0")}`).join(" ")
          const id = yield* filled({ text: text(0) }, { text: text(700) })
          assert.deepStrictEqual(yield* numbers(id, "begin*"), [2, 1])
          assert.deepStrictEqual(yield* asked(id, "begi*"), [2, 1])
        })
      )

      it.effect("is done without, and that is said, while it is away in any way", () =>
        Effect.gen(function* () {
          for (const [way, happens] of Object.entries(ways)) {
            // A world of its own for each: once it is found to be away nobody asks it again so soon.
            yield* Effect.gen(function* () {
              const { proxy } = yield* MeiliHere
              const id = yield* filled({ subject: "letter" })
              yield* happens(proxy)
              const { hits, isComplete, isDegraded } = yield* found(id, "letter")
              assert.deepStrictEqual([hits.length, isComplete, isDegraded], [1, true, true], way)
            }).pipe(Effect.provide(layerMeiliWorld(server, Duration.millis(300))))
          }
        })
      )

      it.effect("copies everything again where the copy was lost, and finds no less meanwhile", () =>
        Effect.gen(function* () {
          const { lose } = yield* MeiliHere
          const id = yield* filled({ subject: "letter 1" }, { subject: "letter 2" })
          yield* lose(uid)
          const without = yield* found(id, "letter")
          assert.deepStrictEqual([without.hits.length, without.isDegraded], [2, true])
          // What comes in makes an index, of which nobody may think that it has the others.
          yield* deliver(id, { subject: "letter 3" }, { receivedAt: 3_000 })
          yield* index(id)
          assert.deepStrictEqual(yield* asked(id, "letter"), [3, 2, 1])
        })
      )
    })
  })
}
