import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { type Element, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import {
  askSync,
  catchUp,
  folderIds,
  keyOf,
  subjectsOf,
  syncAll,
  syncOne
} from "../../support/activesync/handset.ts"
import { letters, phone, Running } from "../../support/activesync/running.ts"
import { change, fetchItem, markRead, remove, syncDocument } from "../../support/activesync/talk.ts"

const { inbox } = folderIds

layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })("Sync of several phones", (it) => {
  it.scoped(
    "MS-ASCMD Sync_Conflict, MS-ASCMD_R2066/R2068/R2069/R4444: the server wins, and says what stands",
    () =>
      Effect.gen(function* () {
        const [id = ""] = yield* letters(["contested"])
        const [one, other] = [yield* phone(), yield* phone()]
        yield* syncAll(one, inbox)
        yield* syncAll(other, inbox)
        yield* syncOne(other, inbox, { commands: [markRead(id, true)] })
        const answered = yield* syncOne(one, inbox, {
          commands: [change(id, element("Email:Categories", element("Email:Category", "Mine")))]
        })
        assert.deepStrictEqual(
          answered?.responses.map(({ op, status }) => [op, status]),
          [["Change", "7"]]
        )
        assert.deepStrictEqual(
          answered?.changes.map(({ serverId }) => serverId),
          [id]
        )
        assert.isTrue(one.items.get(inbox)?.get(id)?.isRead)
      })
  )

  it.scoped("MS-ASCMD Sync_Conflict, MS-ASCMD_R2067: or the device, where it says so", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["contested too"])
      const [one, other] = [yield* phone(), yield* phone()]
      const options = [element("AirSync:Conflict", 0)]
      yield* syncAll(one, inbox, { options })
      yield* syncAll(other, inbox)
      yield* syncOne(other, inbox, { commands: [markRead(id, true)] })
      const answered = yield* syncOne(one, inbox, { options, commands: [markRead(id, false)] })
      assert.deepStrictEqual(answered?.responses, [])
      yield* catchUp(other, inbox)
      assert.isFalse(other.items.get(inbox)?.get(id)?.isRead)
    })
  )

  it.scoped("an answer that was lost is given again, octet for octet, and nothing is done twice", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["lost on the way"])
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      yield* letters(["meanwhile"])
      const asked = syncDocument({
        collections: [{ id: inbox, key: keyOf(handset, inbox), commands: [remove(id), fetchItem("999999")] }]
      })
      const first = yield* handset.phone.ask("Sync", asked)
      const again = yield* handset.phone.ask("Sync", asked)
      assert.isTrue(first.body.equals(again.body))
      assert.isAbove(first.body.length, 0)
    })
  )

  it.scoped(
    "a phone that asks the same on two connections at once is told the same, and nothing is done twice",
    () =>
      Effect.gen(function* () {
        const [id = ""] = yield* letters(["asked for twice"])
        const one = yield* phone()
        const two = yield* phone({ deviceId: one.phone.options.deviceId })
        yield* syncAll(one, inbox)
        const collections = [
          { id: inbox, key: keyOf(one, inbox), commands: [remove(id), markRead("999999", true)] }
        ]
        const asked = syncDocument({ collections })
        const [first, second] = yield* Effect.all(
          [one.phone.ask("Sync", asked), two.phone.ask("Sync", asked)],
          {
            concurrency: 2
          }
        )
        assert.isAbove(first.body.length, 0)
        assert.isTrue(first.body.equals(second.body))
      })
  )

  it.scoped(
    "a phone that asks for two things with one key at once gets both, and goes on with the later answer",
    () =>
      Effect.gen(function* () {
        const [read = "", gone = ""] = yield* letters(["to be read", "to be removed"])
        const one = yield* phone()
        const two = yield* phone({ deviceId: one.phone.options.deviceId })
        yield* syncAll(one, inbox)
        const asked = (command: Element) => ({
          collections: [{ id: inbox, key: keyOf(one, inbox), commands: [command] }]
        })
        const answers = yield* Effect.all(
          [askSync(one, asked(markRead(read, true))), askSync(two, asked(remove(gone)))],
          {
            concurrency: 2
          }
        )
        assert.deepStrictEqual(
          answers.flatMap(({ collections }) =>
            collections.map(({ status, responses }) => [status, responses])
          ),
          [
            ["1", []],
            ["1", []]
          ]
        )
        // The server tells one story: who was answered last goes on with it.
        const next = yield* Effect.forEach(answers, ({ collections: [{ key = "" } = {}] }) =>
          askSync(one, { collections: [{ id: inbox, key }] })
        )
        assert.sameMembers(
          next.map(({ collections: [answered] }) => answered?.status ?? "1"),
          ["1", "3"]
        )
        const other = yield* phone()
        yield* syncAll(other, inbox)
        assert.isTrue(other.items.get(inbox)?.get(read)?.isRead)
        assert.isFalse(other.items.get(inbox)?.has(gone))
      })
  )

  it.scoped("ten phones of one mailbox see the same, though each changes something at once", () =>
    Effect.gen(function* () {
      const numbers = Array.from({ length: 10 }, (_, number) => number)
      const handsets = yield* Effect.forEach(numbers, () => phone())
      const ids = yield* letters(numbers.map((number) => `of phone ${number}`))
      yield* Effect.forEach(handsets, (handset) => syncAll(handset, inbox), { concurrency: 10 })
      yield* letters(["seen by ten"])
      const answered = yield* Effect.forEach(
        handsets,
        (handset, number) => syncOne(handset, inbox, { commands: [markRead(ids[number] ?? "", true)] }),
        { concurrency: 10 }
      )
      assert.deepStrictEqual([...new Set(answered.map((collection) => collection?.status))], ["1"])
      yield* Effect.forEach(handsets, (handset) => catchUp(handset, inbox), { concurrency: 10 })
      // Whoever made a change is not told of it.
      for (const [number, handset] of handsets.entries()) {
        const items = handset.items.get(inbox)
        for (const [other, id] of ids.entries())
          assert.strictEqual(items?.get(id)?.isRead, other !== number, `phone ${number} of letter ${other}`)
      }
      const [first = [], ...others] = handsets.map((handset) => subjectsOf(handset, inbox))
      assert.include(first, "seen by ten")
      for (const other of others) assert.deepStrictEqual(other, first)
    })
  )

  it.scoped("12.1 is told the same in its own words", () =>
    Effect.gen(function* () {
      yield* letters(["for an old phone"])
      const handset = yield* phone({ version: "12.1" })
      yield* syncAll(handset, inbox)
      assert.include(subjectsOf(handset, inbox), "for an old phone")
    })
  )
})
