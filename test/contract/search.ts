import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import { FolderId, MessageId } from "../../src/domain/ids.ts"
import type { Postgres } from "../../src/storage/postgres.ts"
import type { Hit, Search } from "../../src/storage/search/Search.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { ask, deliver, find, found, index, type Letter, layerSearchWorld } from "../support/searchWorld.ts"

const day = 24 * 60 * 60 * 1000
const january = Date.UTC(2026, 0, 1)

/** What every driver of `Search` must do, on mail that is indexed and on mail that is not. */
export const searchSuite = <E>(name: string, driver: Layer.Layer<Search, E, Postgres>) => {
  const world = Layer.orDie(driver).pipe(Layer.provideMerge(layerSearchWorld))

  const letters = {
    minutes: {
      subject: "Protokoll der Sitzung",
      from: "Jürgen Müller <j.mueller@example.test>",
      text: "Liebe Kolleginnen, die Häuser am Fluss sind verkauft. Viele Grüße aus München, wir sehen uns bald wieder."
    },
    invoice: {
      subject: "Invoice 4711 for running shoes",
      from: "Shop <billing@shop.test>",
      to: "Alice <alice@demo.test>, bob@demo.test",
      cc: "Carol Jones <carol@demo.test>",
      entity: [
        'Content-Type: multipart/mixed; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "Please find attached the invoice for the shoes that you were ordering yesterday. Kind regards, the shop.",
        "--b",
        'Content-Type: application/pdf; name="Rechnung_März.pdf"',
        'Content-Disposition: attachment; filename="Invoice-4711 final.pdf"',
        "Content-Transfer-Encoding: base64",
        "",
        "AAECAwQF",
        "--b--"
      ].join("\r\n")
    },
    tokyo: {
      subject: "東京タワー",
      from: "田中 <tanaka@example.jp>",
      text: "明日の会議は東京都庁で行います。"
    },
    newsletter: {
      subject: "News",
      from: "News <news@letters.test>",
      entity:
        "Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
        "<style>p { color: red }</style><p>Caf=E9 <b>op</b>ening&nbsp;hours &amp; prices</p><p>Regards</p>"
    }
  } satisfies Record<string, Letter>

  type Name = keyof typeof letters

  /** A mailbox with all letters, one a day from January 1 on; `isIndexed` says whether the index knows them. */
  const filled = (isIndexed: boolean) =>
    Effect.gen(function* () {
      const id = yield* newMailbox
      const names = new Map<number, string>()
      for (const [n, [letter, content]] of Object.entries(letters).entries()) {
        names.set(yield* deliver(id, content, { receivedAt: january + n * day }), letter)
      }
      if (isIndexed) yield* index(id)
      const search = (query: string) =>
        Effect.map(find(id, query), (ids) => ids.map((one) => names.get(one) ?? `message ${one}`))
      return { id, search }
    })

  const expecting = (
    search: (query: string) => Effect.Effect<ReadonlyArray<string>, never, Search | Router>,
    expected: Readonly<Record<string, ReadonlyArray<Name>>>
  ) =>
    Effect.forEach(Object.entries(expected), ([query, names]) =>
      Effect.map(search(query), (seen) => assert.deepStrictEqual(seen, names, query))
    )

  describe(`Search on ${name}`, () => {
    layer(world, { excludeTestServices: true })("over letters", (it) => {
      it.effect("finds words of subject, people, text and file names, whatever their case and accents", () =>
        Effect.gen(function* () {
          const { search } = yield* filled(true)
          yield* expecting(search, {
            protokoll: ["minutes"],
            MULLER: ["minutes"],
            müller: ["minutes"],
            grüße: ["minutes"],
            grusse: ["minutes"],
            munchen: ["minutes"],
            "billing@shop.test": ["invoice"],
            rechnung: [],
            final: ["invoice"],
            "Invoice-4711": ["invoice"],
            cafe: ["newsletter"],
            opening: ["newsletter"],
            color: [],
            regards: ["newsletter", "invoice"],
            "regards kind": ["invoice"],
            nothing: []
          })
        })
      )

      it.effect("finds beginnings, phrases, and pieces of scripts without spaces", () =>
        Effect.gen(function* () {
          const { search } = yield* filled(true)
          yield* expecting(search, {
            "proto*": ["minutes"],
            proto: [],
            "4*": ["invoice"],
            "471*": ["invoice"],
            "471": [],
            '"kind regards"': ["invoice"],
            '"regards kind"': [],
            '"kind reg*"': ["invoice"],
            '"kind reg"': [],
            '"opening hours prices"': ["newsletter"],
            '"prices regards"': ["newsletter"],
            東京: ["tokyo"],
            都庁: ["tokyo"],
            京東: [],
            "東京*": ["tokyo"],
            "mueller@example": ["minutes"]
          })
        })
      )

      it.effect(
        "finds other forms of a word in the language of the mail, and never loses the word itself",
        () =>
          Effect.gen(function* () {
            const { search } = yield* filled(true)
            yield* expecting(search, {
              Haus: ["minutes"],
              Hauses: ["minutes"],
              '"Haus"': [],
              run: ["invoice"],
              runs: ["invoice"],
              running: ["invoice"],
              '"run"': [],
              "subject:run": ["invoice"],
              "subject:runs": ["invoice"],
              order: ["invoice"],
              "subject:order": [],
              orders: ["invoice"],
              ordering: ["invoice"]
            })
          })
      )

      for (const isIndexed of [true, false]) {
        it.effect(`asks fields and filters of ${isIndexed ? "indexed" : "fresh"} mail`, () =>
          Effect.gen(function* () {
            const { id, search } = yield* filled(isIndexed)
            yield* ask(id, {
              _tag: "ChangeFlags",
              messageIds: yield* find(id, "subject:invoice"),
              addFlags: ["\\Seen", "\\Flagged"],
              removeFlags: [],
              addCategories: ["Zu tun"],
              removeCategories: []
            })
            yield* ask(id, {
              _tag: "MoveMessages",
              messageIds: yield* find(id, "subject:news"),
              toFolderId: FolderId(6)
            })
            yield* expecting(search, {
              "from:jürgen": ["minutes"],
              "from:muller": ["minutes"],
              "from:alice": [],
              "to:alice": ["invoice"],
              "to:carol": ["invoice"],
              "cc:carol": ["invoice"],
              "cc:alice": [],
              'from:"Jürgen Müller"': ["minutes"],
              'from:"Müller Jürgen"': [],
              "from:j.mueller@example.test": ["minutes"],
              "from:mue*": ["minutes"],
              "subject:news": ["newsletter"],
              "subject:prices": [],
              "has:attachment": ["invoice"],
              "-has:attachment": ["newsletter", "tokyo", "minutes"],
              "is:read": ["invoice"],
              "is:unread": ["newsletter", "tokyo", "minutes"],
              "is:flagged": ["invoice"],
              "is:flagged is:unread": [],
              'category:"zu tun"': ["invoice"],
              "in:archive": ["newsletter"],
              "in:inbox": ["tokyo", "invoice", "minutes"],
              "after:2026-01-03": ["newsletter", "tokyo"],
              "before:2026-01-03": ["invoice", "minutes"],
              "on:2026-01-02": ["invoice"],
              "on:2026": ["newsletter", "tokyo", "invoice", "minutes"],
              "before:2026": [],
              "larger:1M": [],
              "smaller:1M": ["newsletter", "tokyo", "invoice", "minutes"],
              "news OR invoice": ["newsletter", "invoice"],
              "-news -invoice": ["tokyo", "minutes"],
              "regards -kind": ["newsletter"],
              '-"kind regards" in:inbox': ["tokyo", "minutes"],
              "(news OR invoice) is:unread": ["newsletter"],
              "is:flagged OR from:tanaka": ["tokyo", "invoice"],
              'is:flagged OR "東京"': ["tokyo", "invoice"],
              "NOT (in:inbox OR in:archive)": [],
              "from:(jürgen OR tanaka)": ["tokyo", "minutes"]
            })
          })
        )
      }

      it.effect("finds mail at once, and no less once it is indexed", () =>
        Effect.gen(function* () {
          const { id, search } = yield* filled(false)
          const queries = ["protokoll", "jurgen", "billing", "from:news", "東京", "cafe", "proto*"]
          const before = yield* Effect.forEach(queries, search)
          for (const names of before) assert.strictEqual(names.length, 1)
          yield* index(id)
          assert.deepStrictEqual(yield* Effect.forEach(queries, search), before)
        })
      )

      it.effect("answers page by page, newest first, each message once, while mail comes in", () =>
        Effect.gen(function* () {
          const id = yield* newMailbox
          // Several at a time, and not in the order of their numbers.
          const weekly = (n: number) =>
            deliver(id, { subject: `weekly ${n}` }, { receivedAt: january + ((n * 7) % 10) * day })
          yield* Effect.forEach(
            Array.from({ length: 15 }, (_, n) => n),
            weekly
          )
          yield* index(id)
          yield* Effect.forEach(
            Array.from({ length: 10 }, (_, n) => 15 + n),
            weekly
          )
          const meanwhile = [
            Effect.void,
            deliver(id, { subject: "weekly, just in" }, { receivedAt: january + 20 * day }),
            index(id)
          ]
          const seen: Array<Hit> = []
          for (let page = 0; page * 4 === seen.length; page++) {
            const { hits } = yield* found(id, "weekly", { limit: 4, after: seen.at(-1) ?? null })
            seen.push(...hits)
            yield* meanwhile[page] ?? Effect.void
          }
          assert.strictEqual(new Set(seen.map(({ messageId }) => messageId)).size, 25)
          const inOrder = [...seen].sort((a, b) => b.receivedAt - a.receivedAt || b.messageId - a.messageId)
          assert.deepStrictEqual(seen, inOrder)
        })
      )

      it.effect("shows no folder that was not asked for", () =>
        Effect.gen(function* () {
          for (const isIndexed of [true, false]) {
            const { id } = yield* filled(isIndexed)
            const news = yield* find(id, "subject:news")
            yield* ask(id, { _tag: "MoveMessages", messageIds: news, toFolderId: FolderId(6) })
            const inbox = yield* find(id, "regards OR protokoll OR 東京 OR news", [FolderId(1)])
            assert.isNotEmpty(inbox)
            assert.notIncludeMembers([...inbox], [...news])
            assert.deepStrictEqual(yield* find(id, "in:archive", [FolderId(1)]), [])
            assert.deepStrictEqual(yield* find(id, "subject:news", [FolderId(6)]), news)
            assert.deepStrictEqual(yield* find(id, "subject:news", []), [])
          }
        })
      )

      it.effect("forgets what was expunged, at once and for good", () =>
        Effect.gen(function* () {
          const { id, search } = yield* filled(true)
          yield* ask(id, { _tag: "ExpungeMessages", messageIds: yield* find(id, "subject:invoice") })
          assert.deepStrictEqual(yield* search("invoice"), [])
          yield* index(id)
          assert.deepStrictEqual(yield* search("invoice"), [])
          assert.deepStrictEqual(yield* search("regards"), ["newsletter"])
        })
      )

      it.effect("says when so much mail waits that not all of it was looked at", () =>
        Effect.gen(function* () {
          const id = yield* newMailbox
          yield* deliver(id, { subject: "many" })
          for (let count = 1; count <= 256; count *= 2) {
            assert.isTrue((yield* found(id, "many")).isComplete)
            yield* ask(id, {
              _tag: "CopyMessages",
              messageIds: Array.from({ length: count }, (_, n) => MessageId(n + 1)),
              toFolderId: FolderId(6)
            })
          }
          assert.isFalse((yield* found(id, "many")).isComplete)
          yield* index(id)
          const { hits, isComplete } = yield* found(id, "many", { limit: 1000 })
          assert.deepStrictEqual([hits.length, isComplete], [512, true])
        })
      )
    })
  })
}
