// Against a real server, which empties nothing but what it fills itself:
//   POSTROOM_TEST_MEILISEARCH_URL=http://127.0.0.1:7700 [POSTROOM_TEST_MEILISEARCH_KEY=…] npx vitest run --project contract test/contract/searchMeili.test.ts
import { assert, layer } from "@effect/vitest"
import { Config, Context, Effect, Layer, Option, TestClock } from "effect"
import type { MailboxId } from "../../src/domain/ids.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { makeCopy } from "../../src/storage/search/meili/copy.ts"
import { makeMeili } from "../../src/storage/search/meili/Meili.ts"
import * as MirrorMeili from "../../src/storage/search/meili/MirrorMeili.ts"
import * as SearchUpkeepPg from "../../src/storage/search/pg/SearchUpkeepPg.ts"
import { SearchMirror } from "../../src/storage/search/SearchMirror.ts"
import { SearchUpkeep } from "../../src/storage/search/SearchUpkeep.ts"
import { elapse } from "../support/elapse.ts"
import { type FakeMeili, fakeMeili } from "../support/fakeMeili.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { fakeServer, layerMeili, settingsOf } from "../support/meiliWorld.ts"
import { ask, deliver, find, found, index, layerSearchWorld } from "../support/searchWorld.ts"
import { searchSuite } from "./search.ts"
import { meiliSuite } from "./searchMeili.ts"
import { searchQueriesSuite } from "./searchQueries.ts"
import { searchTruthSuite } from "./searchTruth.ts"

const onFake = Layer.unwrapScoped(Effect.map(fakeMeili, ({ url }) => layerMeili(settingsOf(url))))

searchSuite("a stand-in for Meilisearch", onFake)
searchTruthSuite("a stand-in for Meilisearch", onFake)
meiliSuite("A stand-in for Meilisearch", fakeServer)
searchQueriesSuite("a stand-in for Meilisearch", onFake)

const real = Effect.runSync(
  Config.all({
    url: Config.option(Config.string("POSTROOM_TEST_MEILISEARCH_URL")),
    key: Config.option(Config.redacted("POSTROOM_TEST_MEILISEARCH_KEY"))
  }).pipe(Effect.orDie)
)

if (Option.isSome(real.url)) {
  const settings = settingsOf(real.url.value, real.key)
  const { change } = makeMeili(settings)
  searchSuite("Meilisearch", layerMeili(settings))
  searchTruthSuite("Meilisearch", layerMeili(settings))
  searchQueriesSuite("Meilisearch", layerMeili(settings))
  meiliSuite(
    "Meilisearch",
    Effect.succeed({
      settings,
      lose: (uid) => Effect.orDie(Effect.asVoid(change({ method: "DELETE", path: `/indexes/${uid}` })))
    })
  )
}

class Fake extends Context.Tag("test/Fake")<Fake, FakeMeili>() {}

const layerFake = Layer.scoped(Fake, fakeMeili)

const world = Layer.merge(
  Layer.unwrapEffect(Effect.map(Fake, ({ url }) => layerMeili(settingsOf(url)))),
  SearchUpkeepPg.layer
).pipe(Layer.orDie, Layer.provideMerge(layerSearchWorld), Layer.provideMerge(layerFake))

const numbers = (id: MailboxId, text: string) => Effect.map(find(id, text), (ids) => ids.map(Number))

const copiesOf = (id: MailboxId) =>
  Effect.map(Fake, ({ indexes }) =>
    [...indexes.values()]
      .flatMap(({ documents }) => documents)
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

/** Without the copy. */
const indexOnly = (id: MailboxId) =>
  Effect.provide(index(id), Layer.succeed(SearchMirror, { follow: () => Effect.void }))

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
        q: ['letter "kind regards" ', "letter kind regards "]
      })
      assert.deepStrictEqual(yield* asked("reg* smaller:1M after:1970"), {
        found: [3, 2, 1],
        q: ["reg"]
      })
      assert.deepStrictEqual(yield* asked('"Grüße" мир'), {
        found: [],
        q: ["grusse u4u0u8 "]
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
        "from:somebody",
        "lette*"
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

  it.effect("is done without while it is away, which is said, and asked again after a while", () =>
    Effect.gen(function* () {
      const fake = yield* Fake
      const id = yield* filled(2)
      const degraded = Effect.map(found(id, "letter"), ({ hits, isDegraded }) => [hits.length, isDegraded])
      assert.deepStrictEqual(yield* degraded, [2, false])
      fake.isAway = true
      fake.searches.length = 0
      assert.deepStrictEqual(yield* degraded, [2, true])
      fake.isAway = false
      assert.deepStrictEqual(yield* degraded, [2, true])
      assert.deepStrictEqual(fake.searches, [])
      // Of what it is never asked nothing is worse.
      assert.isFalse((yield* found(id, "letter is:unread")).isDegraded)
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(yield* degraded, [2, false])
      assert.isNotEmpty(fake.searches)
    })
  )

  it.effect("copies mailboxes together", () =>
    Effect.gen(function* () {
      const { changes, url } = yield* Fake
      const mailboxes = [yield* filled(2), yield* filled(3)]
      for (const id of mailboxes) yield* deliver(id, { subject: "letter" })
      yield* Effect.forEach(mailboxes, indexOnly)
      changes.length = 0
      const copy = makeCopy(makeMeili(settingsOf(url)), yield* Postgres)
      assert.deepStrictEqual(yield* copy(mailboxes), [])
      assert.deepStrictEqual(yield* copy(mailboxes), mailboxes)
      assert.deepStrictEqual(
        changes.map((path) => path.replace(/^.indexes.[\w-]+/, "")),
        ["/settings", "/documents"]
      )
    })
  )

  it.effect("takes nothing away that is there, where nobody knows what was removed", () =>
    Effect.gen(function* () {
      const { changes, url } = yield* Fake
      const postgres = yield* Postgres
      const id = yield* filled(3)
      yield* ask(id, { _tag: "ExpungeMessages", messageIds: yield* find(id, '"2" letter') })
      yield* indexOnly(id)
      // The journal begins behind what the copy has followed.
      yield* postgres.query(
        statement({ text: "UPDATE mail_state.heads SET low_water = modseq WHERE user_id = $1" }),
        [id]
      )
      changes.length = 0
      const copy = makeCopy(makeMeili(settingsOf(url)), postgres)
      yield* Effect.repeat(copy([id]), { until: (idle) => idle.length > 0 })
      assert.deepStrictEqual(yield* copiesOf(id), [1, 3])
      assert.deepStrictEqual(
        changes.map((path) => path.replace(/^.indexes.[\w-]+/, "")),
        ["/settings", "/documents/delete-batch"]
      )
    })
  )

  it.effect("copies a mailbox anew after a rebuild, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const id = yield* filled(3)
      const { indexes } = yield* Fake
      const postgres = yield* Postgres
      const upkeep = yield* SearchUpkeep
      for (const one of indexes.values()) {
        one.put(
          one.documents
            .filter((document) => document.id === `${id}_1`)
            .map((document) => ({ ...document, id: `${id}_99`, message: 99 }))
        )
        one.remove([`${id}_2`])
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

/** As `world`, but the copies are made as in a running platform: by somebody else, later. */
const beside = Layer.unwrapEffect(Effect.map(Fake, ({ url }) => MirrorMeili.layer(settingsOf(url)))).pipe(
  Layer.provideMerge(layerSearchWorld),
  Layer.provideMerge(layerFake)
)

/** Lets the time pass until it is so: what is waited for beside the clock needs turns of the event loop. */
const untilCopied = (id: MailboxId, wanted: ReadonlyArray<number>) =>
  Effect.repeat(Effect.zipRight(elapse("1 second"), copiesOf(id)), {
    until: (copied) => copied.join() === wanted.join()
  })

layer(beside)("copies in Meilisearch", (it) => {
  it.effect("are made without anybody waiting for them, and made up for after an outage", () =>
    Effect.gen(function* () {
      const fake = yield* Fake
      fake.isAway = true
      const id = yield* filled(3)
      const other = yield* filled(2)
      assert.deepStrictEqual([yield* copiesOf(id), yield* copiesOf(other)], [[], []])
      fake.isAway = false
      yield* untilCopied(id, [1, 2, 3])
      yield* untilCopied(other, [1, 2])
    })
  )

  it.effect("are found to differ, and made anew", () =>
    Effect.gen(function* () {
      const { indexes } = yield* Fake
      const id = yield* filled(3)
      yield* untilCopied(id, [1, 2, 3])
      for (const one of indexes.values()) one.remove([`${id}_2`])
      yield* untilCopied(id, [1, 2, 3])
    })
  )

  it.effect("that were lost, or that nobody was told of, are made without being asked for", () =>
    Effect.gen(function* () {
      const { indexes } = yield* Fake
      const [first, second] = [yield* filled(2), yield* filled(1)]
      yield* untilCopied(first, [1, 2])
      yield* untilCopied(second, [1])
      indexes.clear()
      yield* untilCopied(first, [1, 2])
      yield* untilCopied(second, [1])
      indexes.clear()
      yield* deliver(second, { subject: "letter 2" })
      yield* index(second)
      yield* untilCopied(second, [1, 2])
      yield* untilCopied(first, [1, 2])
    })
  )
})
