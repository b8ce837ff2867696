// Against a real server, which empties nothing but what it fills itself:
//   POSTROOM_TEST_MEILISEARCH_URL=http://127.0.0.1:7700 [POSTROOM_TEST_MEILISEARCH_KEY=…] npx vitest run --project contract test/contract/searchMeili.test.ts
import { assert, layer } from "@effect/vitest"
import { Config, Context, Duration, Effect, Layer, Option, type Redacted, TestClock } from "effect"
import type { MailboxId } from "../../src/domain/ids.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import type { MeiliSettings } from "../../src/storage/search/meili/MeiliConfig.ts"
import * as MirrorMeili from "../../src/storage/search/meili/MirrorMeili.ts"
import * as SearchMeili from "../../src/storage/search/meili/SearchMeili.ts"
import * as SearchPg from "../../src/storage/search/pg/SearchPg.ts"
import * as SearchUpkeepPg from "../../src/storage/search/pg/SearchUpkeepPg.ts"
import { SearchMirror } from "../../src/storage/search/SearchMirror.ts"
import { SearchUpkeep } from "../../src/storage/search/SearchUpkeep.ts"
import { type FakeMeili, fakeMeili } from "../support/fakeMeili.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { ask, deliver, find, index, layerSearchWorld } from "../support/searchWorld.ts"
import { searchSuite } from "./search.ts"
import { searchTruthSuite } from "./searchTruth.ts"

const settingsOf = (url: string, key: Option.Option<Redacted.Redacted> = Option.none()): MeiliSettings => ({
  url,
  key,
  deadline: Duration.seconds(5)
})

const driver = (settings: MeiliSettings) =>
  Layer.merge(SearchMeili.layerOver(settings, SearchPg.layer), MirrorMeili.layer(settings))

const onFake = Layer.unwrapScoped(Effect.map(fakeMeili, ({ url }) => driver(settingsOf(url))))

searchSuite("a stand-in for Meilisearch", onFake)
searchTruthSuite("a stand-in for Meilisearch", onFake)

const real = Effect.runSync(
  Config.all({
    url: Config.option(Config.string("POSTROOM_TEST_MEILISEARCH_URL")),
    key: Config.option(Config.redacted("POSTROOM_TEST_MEILISEARCH_KEY"))
  }).pipe(Effect.orDie)
)

if (Option.isSome(real.url)) {
  searchSuite("Meilisearch", driver(settingsOf(real.url.value, real.key)))
  searchTruthSuite("Meilisearch", driver(settingsOf(real.url.value, real.key)))
}

class Fake extends Context.Tag("test/Fake")<Fake, FakeMeili>() {}

const world = Layer.merge(
  Layer.unwrapEffect(Effect.map(Fake, ({ url }) => driver(settingsOf(url)))),
  SearchUpkeepPg.layer
).pipe(Layer.orDie, Layer.provideMerge(layerSearchWorld), Layer.provideMerge(Layer.scoped(Fake, fakeMeili)))

const numbers = (id: MailboxId, text: string) => Effect.map(find(id, text), (ids) => ids.map(Number))

const copies = Effect.map(Fake, ({ indexes }) => [...indexes.values()].flatMap((one) => [...one.values()]))

const copiesOf = (id: MailboxId) =>
  Effect.map(copies, (all) =>
    all
      .filter(({ mailbox }) => mailbox === id)
      .map(({ message }) => message)
      .sort((a, b) => a - b)
  )

const filled = (count: number) =>
  Effect.gen(function* () {
    const id = yield* newMailbox
    for (let n = 1; n <= count; n++) {
      yield* deliver(
        id,
        {
          subject: `letter ${n}`,
          text: `Yesterday evening we were running along the river ${n}, kind regards`
        },
        { receivedAt: n * 1000 }
      )
    }
    yield* index(id)
    return id
  })

layer(world)("Meilisearch in front of Postgres", (it) => {
  it.effect("is asked for words, in the tenant's index, within the mailbox, and answers", () =>
    Effect.gen(function* () {
      const { searches, indexes } = yield* Fake
      const id = yield* filled(3)
      assert.deepStrictEqual([...indexes.keys()], ["mail-00000000-0000-4000-8000-00000000000a"])
      const asked = (text: string) =>
        Effect.gen(function* () {
          searches.length = 0
          const found = yield* numbers(id, text)
          return { found, q: searches.map(({ q }) => q) }
        })
      assert.deepStrictEqual(yield* asked('"letter" "kind regards"'), {
        found: [3, 2, 1],
        q: ['letter "kind regards" ']
      })
      assert.deepStrictEqual(yield* asked("reg* smaller:1M after:1970"), {
        found: [3, 2, 1],
        q: ["reg"]
      })
      const forms = yield* asked("run")
      assert.deepStrictEqual(forms.found, [3, 2, 1])
      assert.isNotEmpty(forms.q)
      for (const { filter } of searches) assert.strictEqual(filter[0], `mailbox = "${id}"`)
      // What changes, and what it cannot say, is Postgres' to answer.
      for (const text of [
        "letter is:unread",
        "in:inbox letter",
        "letter OR kind",
        "-letter",
        "from:somebody"
      ]) {
        assert.deepStrictEqual((yield* asked(text)).q, [], text)
      }
    })
  )

  it.effect("does not hold newer mail back, nor bring back what went", () =>
    Effect.gen(function* () {
      const id = yield* filled(3)
      yield* deliver(id, { subject: "letter 4" }, { receivedAt: 4_000 })
      yield* ask(id, { _tag: "ExpungeMessages", messageIds: yield* find(id, '"2" letter') })
      assert.deepStrictEqual(yield* numbers(id, "letter"), [4, 3, 1])
      assert.deepStrictEqual(yield* copiesOf(id), [1, 2, 3])
      yield* index(id)
      assert.deepStrictEqual(yield* copiesOf(id), [1, 3, 4])
      assert.deepStrictEqual(yield* numbers(id, "letter"), [4, 3, 1])
    })
  )

  it.effect("is done without while it is away, and asked again after a while", () =>
    Effect.gen(function* () {
      const fake = yield* Fake
      const id = yield* filled(2)
      fake.isAway = true
      fake.searches.length = 0
      assert.deepStrictEqual(yield* numbers(id, "letter"), [2, 1])
      const mirror = yield* SearchMirror
      yield* deliver(id, { subject: "letter 3" }, { receivedAt: 3_000 })
      const error = yield* Effect.flip(index(id).pipe(Effect.sandbox))
      assert.strictEqual(error._tag, "Die")
      fake.isAway = false
      assert.deepStrictEqual(yield* numbers(id, "letter"), [3, 2, 1])
      assert.deepStrictEqual(fake.searches, [])
      yield* TestClock.adjust("6 seconds")
      yield* mirror.follow(id)
      assert.deepStrictEqual(yield* numbers(id, "letter"), [3, 2, 1])
      assert.isNotEmpty(fake.searches)
    })
  )

  it.effect("copies a mailbox anew after a rebuild, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const id = yield* filled(3)
      const { indexes } = yield* Fake
      const postgres = yield* Postgres
      const upkeep = yield* SearchUpkeep
      for (const one of indexes.values()) {
        one.delete(`${id}_2`)
        const copy = one.get(`${id}_1`)
        if (copy !== undefined) one.set(`${id}_99`, { ...copy, id: `${id}_99`, message: 99 })
      }
      assert.deepStrictEqual(yield* copiesOf(id), [1, 3, 99])
      assert.deepStrictEqual(yield* numbers(id, "letter"), [3, 1])
      yield* upkeep.rebuild([id])
      yield* index(id, 2)
      assert.deepStrictEqual(yield* copiesOf(id), [1, 2, 3])
      assert.deepStrictEqual(yield* numbers(id, "letter"), [3, 2, 1])
      const [mirror] = yield* postgres.query(
        statement<{ readonly message_id: number }>({
          text: "SELECT message_id FROM search.mirrors WHERE user_id = $1"
        }),
        [id]
      )
      assert.strictEqual(mirror?.message_id, 3)
    })
  )
})
