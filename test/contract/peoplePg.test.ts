import { randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { type Absence, present } from "../../src/domain/Absence.ts"
import { MailboxId, TenantId } from "../../src/domain/ids.ts"
import { AddressBook } from "../../src/storage/people/AddressBook.ts"
import * as AddressBookPg from "../../src/storage/people/AddressBookPg.ts"
import { mailboxNumber } from "../support/actors.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { rowsTouched } from "../support/rowsTouched.ts"
import { query } from "../support/upkeepWorld.ts"

const layerPeople = AddressBookPg.layer.pipe(Layer.provideMerge(layerTestPostgres), Layer.orDie)

interface Somebody {
  readonly email: string
  readonly name: string
  readonly status?: "active" | "disabled"
  readonly aliases?: ReadonlyArray<string>
}

/** A tenant with these people; answers with a look-up in it. */
const tenantOf = (...people: ReadonlyArray<Somebody>) =>
  Effect.gen(function* () {
    const tenantId = TenantId(randomUUID())
    yield* query("INSERT INTO mail_state.tenants (id, name) VALUES ($1, $2)", [tenantId, tenantId])
    for (const { email, name, status = "active", aliases = [] } of people) {
      const id = randomUUID()
      yield* query(
        "INSERT INTO mail_state.users (id, tenant_id, email, display_name, status) VALUES ($1, $2, $3, $4, $5)",
        [id, tenantId, email, name, status]
      )
      for (const alias of aliases) {
        yield* query("INSERT INTO mail_state.aliases (address, user_id) VALUES ($1, $2)", [alias, id])
      }
    }
    const book = yield* AddressBook
    const find = (text: string, offset = 0, limit = 10) =>
      Effect.map(book.find(tenantId, { query: text, offset, limit }), ({ people: found, total }) => ({
        found: found.map(({ displayName }) => displayName),
        total
      }))
    return { find, tenantId }
  })

layer(layerPeople)("people in Postgres", (it) => {
  it.effect("are found by the beginning of words of their name, or of an address, whatever the case", () =>
    Effect.gen(function* () {
      const { find } = yield* tenantOf(
        { email: "alice@one.test", name: "Alice Example", aliases: ["sales@one.test"] },
        { email: "alfred@one.test", name: "Élise Müller" },
        { email: "zoe@one.test", name: "" }
      )
      assert.deepEqual(yield* find("al ex"), { found: ["Alice Example"], total: 1 })
      assert.deepEqual((yield* find("EXAM")).found, ["Alice Example"])
      assert.deepEqual((yield* find("AL")).found, ["Alice Example", "Élise Müller"])
      assert.deepEqual((yield* find("SALES@one")).found, ["Alice Example"])
      assert.deepEqual((yield* find("müller élise")).found, ["Élise Müller"])
      assert.deepEqual((yield* find("zoe@one.test")).found, [""])
      assert.deepEqual((yield* find("xample")).found, [])
      assert.strictEqual((yield* find("")).total, 3)
    })
  )

  it.effect("are found by what stands there, not by patterns", () =>
    Effect.gen(function* () {
      const { find } = yield* tenantOf(
        { email: "percent@two.test", name: "100% Sure" },
        { email: "under_score@two.test", name: "1000 Others" },
        { email: "underXscore@two.test", name: "Back\\slash" }
      )
      assert.deepEqual((yield* find("100%")).found, ["100% Sure"])
      assert.deepEqual((yield* find("under_")).found, ["1000 Others"])
      assert.deepEqual((yield* find("back\\")).found, ["Back\\slash"])
      assert.deepEqual((yield* find("%")).found, [])
    })
  )

  it.effect("of other tenants and who is switched off are not found", () =>
    Effect.gen(function* () {
      yield* tenantOf({ email: "other@three.test", name: "Somebody Other" })
      const { find } = yield* tenantOf(
        { email: "on@four.test", name: "Somebody On" },
        { email: "off@four.test", name: "Somebody Off", status: "disabled" }
      )
      assert.deepEqual(yield* find("somebody"), { found: ["Somebody On"], total: 1 })
    })
  )

  it.effect("are found as they are called now", () =>
    Effect.gen(function* () {
      const { find, tenantId } = yield* tenantOf({ email: "was@seven.test", name: "Was Before" })
      const change = (text: string) => query(`${text} WHERE tenant_id = $1`, [tenantId])
      yield* change("UPDATE mail_state.users SET display_name = 'Is Now'")
      assert.deepEqual([(yield* find("before")).total, (yield* find("now is")).total], [0, 1])
      yield* query(
        "INSERT INTO mail_state.aliases (address, user_id) SELECT 'also@seven.test', id FROM mail_state.users WHERE tenant_id = $1",
        [tenantId]
      )
      assert.deepEqual((yield* find("also@")).found, ["Is Now"])
      yield* query("DELETE FROM mail_state.aliases WHERE address = 'also@seven.test'", [])
      assert.deepEqual((yield* find("also@")).found, [])
      yield* change("UPDATE mail_state.users SET status = 'disabled'")
      assert.strictEqual((yield* find("is")).total, 0)
      yield* change("UPDATE mail_state.users SET status = 'active'")
      assert.strictEqual((yield* find("is")).total, 1)
      yield* change("DELETE FROM mail_state.users")
      assert.strictEqual((yield* find("is")).total, 0)
    })
  )

  it.effect("who are not looked for cost nothing, however many there are", () =>
    Effect.gen(function* () {
      const { find, tenantId } = yield* tenantOf({ email: "eve@eight.test", name: "Eve Rare" })
      yield* query(
        `INSERT INTO mail_state.users (id, tenant_id, email, display_name)
          SELECT gen_random_uuid(), $1, 'common' || n || '@eight.test', 'Eve Common' || n FROM generate_series(1, 20000) AS n`,
        [tenantId]
      )
      yield* query("ANALYZE mail_state.users, mail_state.people_words", [])
      assert.deepEqual(yield* find("eve rare"), { found: ["Eve Rare"], total: 1 })
      assert.deepEqual(yield* find("eve@eight"), { found: ["Eve Rare"], total: 1 })
      // By name and by address, 77, 770 … 779, 7700 … 7799.
      assert.strictEqual((yield* find("common77")).total, 111)
      assert.strictEqual((yield* find("eve")).total, 5_000)
      const rows = yield* rowsTouched(
        AddressBookPg.find.text,
        "uuid, text, text[], bigint, bigint, text[], text[], bigint",
        [tenantId, "rare%", "{% rare%}", 0, 10, "{rare}", "{rarf}", 5_000]
      )
      assert.isBelow(rows, 100)
    })
  )

  it.effect("come page by page, in the order of their names, with how many there are", () =>
    Effect.gen(function* () {
      const names = ["Nora C", "nora b", "Nora A"]
      const { find } = yield* tenantOf(...names.map((name, n) => ({ email: `n${n}@five.test`, name })))
      assert.deepEqual(yield* find("nora", 0, 2), { found: ["Nora A", "nora b"], total: 3 })
      assert.deepEqual(yield* find("nora", 2, 2), { found: ["Nora C"], total: 3 })
      assert.deepEqual(yield* find("nora", 9, 2), { found: [], total: 3 })
    })
  )

  it.effect("have all their addresses", () =>
    Effect.gen(function* () {
      const book = yield* AddressBook
      const aliases = ["a@six.test", "b@six.test"]
      const { tenantId } = yield* tenantOf({ email: "six@six.test", name: "Six", aliases })
      const { people } = yield* book.find(tenantId, { query: "six", offset: 0, limit: 1 })
      const mailboxId = people[0]?.mailboxId ?? MailboxId("")
      assert.deepEqual(yield* book.person(mailboxId), {
        mailboxId,
        address: "six@six.test",
        displayName: "Six",
        aliases
      })
      assert.strictEqual((yield* Effect.flip(book.person(mailboxNumber(404))))._tag, "NotFound")
    })
  )

  it.effect("are there until they say otherwise, and away as they said", () =>
    Effect.gen(function* () {
      const book = yield* AddressBook
      const mailboxId = yield* newMailbox
      assert.deepEqual(yield* book.absence(mailboxId), present)
      const away: Absence = {
        state: "timed",
        from: Date.UTC(2030, 0, 1),
        to: Date.UTC(2030, 0, 2),
        replies: { internal: { isEnabled: true, message: "Bin weg.", format: "text" } }
      }
      yield* book.setAbsence(mailboxId, away)
      assert.deepEqual(yield* book.absence(mailboxId), away)
      yield* book.setAbsence(mailboxId, present)
      assert.deepEqual(yield* book.absence(mailboxId), present)
      assert.strictEqual((yield* Effect.flip(book.setAbsence(mailboxNumber(404), away)))._tag, "NotFound")
    })
  )
})
