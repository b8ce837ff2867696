import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import {
  childOf,
  childText,
  type Element,
  element,
  textOf
} from "../../../src/protocols/activesync/wbxml/element.ts"
import { addressOf, arrival, indexOf, people, send } from "../../support/activesync/correspondence.ts"
import { estimate } from "../../support/activesync/estimate.ts"
import {
  askSync,
  folderIds,
  type Handset,
  keyOf,
  serverIdsOf,
  syncAll,
  syncOne
} from "../../support/activesync/handset.ts"
import { bodyOf, contentAt, prefer, preferPart, syncedItem } from "../../support/activesync/items.ts"
import { layerPhones, newHandset } from "../../support/activesync/phones.ts"
import { mail, Running } from "../../support/activesync/running.ts"
import { putMail } from "../../support/activesync/seedMail.ts"
import { change, markRead, remove } from "../../support/activesync/talk.ts"

const { inbox, deleted } = folderIds

let conversations = 0

/** Messages of one conversation in alice's Inbox, so many days old; their ids. */
const conversation = (...ages: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const platform = yield* Running
    conversations += 1
    const root = `<root-${conversations}@elsewhere.test>`
    return yield* Effect.forEach(ages, (daysOld, n) => {
      const header = n === 0 ? `Message-ID: ${root}` : `References: ${root}`
      const text = `From: bob@demo.test\r\nSubject: talk\r\n${header}\r\n\r\nText.\r\n`
      return Effect.map(putMail(platform, [Buffer.from(text)], { daysOld }), ([id = ""]) => id)
    })
  })

/** Two phones of alice's that know what is in the Inbox: one that acts, and one that is told. */
const two = Effect.gen(function* () {
  const [writer, reader] = [yield* newHandset(), yield* newHandset()]
  yield* syncAll(writer, inbox)
  yield* syncAll(reader, inbox)
  const act = (...commands: ReadonlyArray<Element>) =>
    Effect.map(
      Effect.suspend(() => syncOne(writer, inbox, { deletesAsMoves: true, commands })),
      (answered) => assert.deepInclude(answered, { status: "1", responses: [], changes: [] })
    )
  /** What is told of each message, by its id. */
  const told = Effect.map(
    Effect.suspend(() => syncOne(reader, inbox)),
    (answered) => new Map(answered?.changes.map(({ serverId, ...change }) => [serverId, change]))
  )
  return { writer, reader, act, told }
})

const filter = (type: number) => [element("AirSync:FilterType", type)]

const estimateWith = (handset: Handset, conversationMode: 0 | 1) =>
  Effect.map(
    estimate(
      handset,
      inbox,
      keyOf(handset, inbox),
      element("AirSync:ConversationMode", conversationMode),
      element("AirSync:Options", filter(3))
    ),
    (answered) => Number(answered.estimate)
  )

const partOf = (properties: Element | undefined) => contentAt(properties, "AirSyncBase:BodyPart")

layer(layerPhones, { timeout: 60_000, excludeTestServices: true })("Conversations", (it) => {
  it.effect("CON_S01_TC01, MS-ASCON_R203/R204/R284/R326/R337: is marked as read, and as unread", () =>
    Effect.gen(function* () {
      const ids = yield* conversation(2, 1, 0)
      const { act, told } = yield* two
      for (const read of [true, false]) {
        yield* act(...ids.map((id) => markRead(id, read)))
        const changes = yield* told
        assert.deepStrictEqual(
          ids.map((id) => childText(changes.get(id)?.properties, "Email:Read")),
          ids.map(() => (read ? "1" : "0"))
        )
      }
    })
  )

  it.effect(
    "CON_S01_TC02, MS-ASCON_R162/R206/R207/R208/R209/R324/R325: its newest message is flagged, all are done or cleared",
    () =>
      Effect.gen(function* () {
        const ids = yield* conversation(2, 1, 0)
        const newest = ids.at(-1) ?? ""
        const { act, told } = yield* two
        const flag = (id: string, ...content: ReadonlyArray<Element>) =>
          change(id, element("Email:Flag", content))
        const statuses = Effect.map(told, (changes) =>
          [...changes].map(([id, { properties }]) => [
            id,
            contentAt(properties, "Email:Flag")?.["Email:Status"]
          ])
        )
        const followUp = [element("Email:Status", 2), element("Email:FlagType", "for Follow Up")]
        yield* act(flag(newest, ...followUp))
        assert.deepStrictEqual(yield* statuses, [[newest, "2"]])
        const when = "2026-11-30T09:00:00.000Z"
        yield* act(
          flag(
            newest,
            element("Email:Status", 1),
            element("Email:FlagType", "for Follow Up"),
            element("Email:CompleteTime", when),
            element("Tasks:DateCompleted", when)
          )
        )
        assert.deepStrictEqual(yield* statuses, [[newest, "1"]])
        yield* act(...ids.map((id) => flag(id, ...followUp)))
        assert.sameDeepMembers(
          [...(yield* statuses)],
          ids.map((id) => [id, "2"])
        )
        yield* act(...ids.map((id) => flag(id)))
        assert.sameDeepMembers(
          [...(yield* statuses)],
          ids.map((id) => [id, undefined])
        )
      })
  )

  it.effect(
    "CON_S01_TC03, MS-ASCON_R157/R158/R199/R200/R201: goes to Deleted Items; what comes of it later does not",
    () =>
      Effect.gen(function* () {
        const { alice, bob } = yield* people
        const to = `${addressOf("alice")}, ${addressOf("bob")}`
        yield* send("SendMail", bob, { To: to, Subject: "to be deleted" })
        const first = yield* arrival(alice, "to be deleted")
        const { serverId: source } = yield* arrival(bob, "to be deleted")
        const answer = { To: addressOf("alice"), Subject: "Re: to be deleted", source }
        yield* send("SmartReply", bob, answer)
        const second = yield* arrival(alice, "Re: to be deleted")
        const idOf = (item: { readonly properties: Element | undefined }) => {
          const found = childOf(item.properties, "Email2:ConversationId")
          return found === undefined ? assert.fail("no ConversationId") : textOf(found)
        }
        assert.strictEqual(idOf(first), idOf(second))
        const ids = [first.serverId, second.serverId]
        const answered = yield* syncOne(alice, inbox, { deletesAsMoves: true, commands: ids.map(remove) })
        assert.deepInclude(answered, { status: "1", responses: [] })
        yield* syncAll(alice, inbox)
        yield* syncAll(alice, deleted)
        assert.notIncludeMembers([...serverIdsOf(alice, inbox)], ids)
        assert.includeMembers([...serverIdsOf(alice, deleted)], ids)
        yield* send("SmartReply", bob, answer)
        const later = yield* arrival(alice, "Re: to be deleted")
        assert.strictEqual(idOf(later), idOf(first))
      })
  )

  it.effect(
    "CON_S01_TC04, CMD_S19_TC45, MS-ASCON_R180, MS-ASCMD_R2107/R2109/R2110: is synced whole, where the filter has one of it",
    () =>
      Effect.gen(function* () {
        const ids = yield* conversation(20, 10, 0)
        const over = yield* conversation(20, 10)
        const handset = yield* newHandset()
        yield* syncAll(handset, inbox, { conversationMode: false, options: filter(3) })
        assert.deepStrictEqual(
          serverIdsOf(handset, inbox).filter((id) => ids.includes(id)),
          [ids.at(-1)]
        )
        yield* syncAll(handset, inbox, { conversationMode: true, options: filter(3) })
        assert.includeMembers([...serverIdsOf(handset, inbox)], [...ids])
        assert.notIncludeMembers([...serverIdsOf(handset, inbox)], [...over])
        const answered = yield* syncOne(handset, inbox, { conversationMode: false })
        assert.includeDeepMembers(
          [...(answered?.changes ?? [])].map(({ op, serverId }) => [op, serverId]),
          ids.slice(0, -1).map((id) => ["SoftDelete", id])
        )
      })
  )

  it.effect(
    "MS-ASCMD_R2108: what the filter has not itself comes without its body, with a preview where it is asked for",
    () =>
      Effect.gen(function* () {
        const [old = "", recent = ""] = yield* conversation(20, 0)
        const handset = yield* newHandset()
        yield* syncOne(handset, inbox)
        const preference = element(
          "AirSyncBase:BodyPreference",
          element("AirSyncBase:Type", 1),
          element("AirSyncBase:Preview", 20)
        )
        const told = yield* syncOne(handset, inbox, {
          conversationMode: true,
          options: [...filter(3), preference]
        })
        const bodies = new Map(
          told?.changes.map(({ serverId, properties }) => [serverId, bodyOf(properties)])
        )
        assert.deepInclude(bodies.get(recent), { "AirSyncBase:Data": "Text.\r\n" })
        assert.deepInclude(bodies.get(old), { "AirSyncBase:Truncated": "1", "AirSyncBase:Preview": "Text." })
        assert.isUndefined(bodies.get(old)?.["AirSyncBase:Data"])
      })
  )

  it.effect("CON_S02_TC01, MS-ASCON_R211/R332, MS-ASCMD_R2096/R2097: is estimated whole", () =>
    Effect.gen(function* () {
      const [whole, filtered] = [yield* newHandset(), yield* newHandset()]
      yield* syncAll(whole, inbox, { conversationMode: true, options: filter(3) })
      yield* syncAll(filtered, inbox, { conversationMode: false, options: filter(3) })
      const ids = yield* conversation(20, 10, 0)
      assert.deepStrictEqual(
        [yield* estimateWith(whole, 1), yield* estimateWith(filtered, 0)],
        [ids.length, 1]
      )
    })
  )

  it.effect(
    "CON_S01_TC05, MS-ASCON_R86/R87/R88/R90/R91/R92/R95/R192/R194/R259/R304/R305/R306/R307: its index grows with each answer and forward",
    () =>
      Effect.gen(function* () {
        const { alice, bob, carol } = yield* people
        yield* send("SendMail", bob, { To: addressOf("alice"), Subject: "indexed" })
        const sent = yield* arrival(alice, "indexed")
        assert.isDefined(childOf(sent.properties, "Email2:ConversationId"))
        yield* send("SmartReply", alice, {
          To: addressOf("bob"),
          Subject: "Re: indexed",
          source: sent.serverId
        })
        const answered = yield* arrival(bob, "Re: indexed")
        yield* send("SmartForward", bob, {
          To: addressOf("carol"),
          Subject: "Fwd: indexed",
          source: answered.serverId
        })
        const forwarded = yield* arrival(carol, "Fwd: indexed")
        const indexes = [sent, answered, forwarded].map(({ properties }) => indexOf(properties))
        assert.deepStrictEqual(
          indexes.map(({ length }) => length),
          [5, 10, 15]
        )
        const [first, second, third] = indexes
        assert.deepStrictEqual(second?.subarray(0, 5), first)
        assert.deepStrictEqual(third?.subarray(0, 10), second)
      })
  )

  it.effect("CON_S01_TC07, MS-ASCON_R38/R234/R237: a message part comes where it is asked for", () =>
    Effect.gen(function* () {
      const id = yield* mail(
        "From: bob@demo.test",
        "Subject: parts",
        "Content-Type: text/html; charset=utf-8",
        "",
        "<p>Some words that are longer than twelve octets.</p>"
      )
      const synced = (...options: ReadonlyArray<Element>) =>
        Effect.map(syncedItem(id, options), ({ properties }) => properties)
      assert.isUndefined(partOf(yield* synced()))
      const bodyAlone = yield* synced(prefer({ type: 2 }))
      assert.isUndefined(partOf(bodyAlone))
      assert.strictEqual(bodyOf(bodyAlone)?.["AirSyncBase:Type"], "2")
      const whole = partOf(yield* synced(preferPart({ type: 2 })))
      const cut = partOf(yield* synced(preferPart({ type: 2, size: 12 })))
      const data = whole?.["AirSyncBase:Data"] ?? assert.fail("no part")
      assert.include(data, "longer than twelve octets")
      assert.deepInclude(cut, {
        "AirSyncBase:Status": "1",
        "AirSyncBase:Type": "2",
        "AirSyncBase:Truncated": "1",
        "AirSyncBase:Data": data.slice(0, 12)
      })
      const both = yield* synced(prefer({ type: 2 }), preferPart({ type: 2, size: 12 }))
      assert.strictEqual(bodyOf(both)?.["AirSyncBase:Data"], data)
      assert.deepStrictEqual(partOf(both), cut)
    })
  )

  it.effect(
    "CON_S01_TC08, CMD_S21_TC05, MS-ASCMD_R5412: a message part in another form than HTML is 164",
    () =>
      Effect.gen(function* () {
        yield* mail("From: bob@demo.test", "Subject: parts", "", "Text.")
        for (const version of ["14.1", "16.1"] as const) {
          const handset = yield* newHandset({ version })
          yield* syncOne(handset, inbox)
          const options = [preferPart({ type: 3 })]
          const answered = yield* askSync(handset, {
            collections: [{ id: inbox, key: keyOf(handset, inbox), options }]
          })
          assert.deepStrictEqual([answered.status, answered.collections], ["164", []])
        }
      })
  )
})
