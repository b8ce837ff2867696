import { rm } from "node:fs/promises"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { childOf, childText, type Element, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import {
  askSync,
  catchUp,
  folderIds,
  type Handset,
  keyOf,
  serverIdsOf,
  subjectsOf,
  syncAll,
  syncOne,
  unmarked
} from "../../support/activesync/handset.ts"
import { phone, Running } from "../../support/activesync/running.ts"
import { add, change } from "../../support/activesync/talk.ts"
import { awaited } from "../../support/awaited.ts"

const { drafts, sent } = folderIds

const to = (address: string) => element("Email:To", address)
const subject = (text: string) => element("Email:Subject", text)
const body = (text: string) =>
  element("AirSyncBase:Body", element("AirSyncBase:Type", 1), element("AirSyncBase:Data", text))

const mime = (...fields: ReadonlyArray<string>) =>
  element(
    "AirSyncBase:Body",
    element("AirSyncBase:Type", 4),
    element("AirSyncBase:Data", [...fields, "", "Words", ""].join("\r\n"))
  )

const planned = element(
  "Email:Flag",
  element("Email:Status", 2),
  element("Email:FlagType", "to be called back")
)

const flagOf = (properties: Element | undefined) =>
  (["Email:Status", "Email:FlagType"] as const).map((tag) =>
    childText(childOf(properties, "Email:Flag"), tag)
  )

/** What is sent comes a moment later: each of these once. */
const toldOf = (handset: Handset, folder: string, wanted: ReadonlyArray<string>) => {
  const told = () => subjectsOf(handset, folder).filter((text) => wanted.includes(text))
  return awaited(
    wanted.join(", "),
    Effect.repeat(catchUp(handset, folder), { until: () => told().length >= wanted.length })
  ).pipe(Effect.map(() => assert.deepStrictEqual(told(), [...wanted].sort())))
}

layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })("drafts of 16.x", (it) => {
  it.scoped(
    "MS-ASEMAIL_R1184/R1190, MS-ASCMD_R748/R957: a draft is added under a name of the device, and seen by others",
    () =>
      Effect.gen(function* () {
        const [writer, reader] = [yield* phone(), yield* phone()]
        yield* syncAll(writer, drafts)
        yield* syncAll(reader, drafts)
        const answered = yield* syncOne(writer, drafts, {
          commands: [add("draft-1", to("bob@demo.test"), subject("begun"), body("First words"))]
        })
        const [response] = answered?.responses ?? []
        assert.deepInclude(response, { op: "Add", clientId: "draft-1", status: "1" })
        assert.isDefined(response?.serverId)
        assert.isDefined(childOf(response?.properties, "Email2:ConversationId"))
        assert.isDefined(childOf(response?.properties, "Email2:ConversationIndex"))
        assert.deepStrictEqual(answered?.changes, [])
        const told = yield* syncOne(reader, drafts)
        const [news] = told?.changes ?? []
        assert.strictEqual(childText(news?.properties, "Email:Subject"), "begun")
        assert.strictEqual(childText(news?.properties, "Email2:IsDraft"), "1")
      })
  )

  it.scoped("MS-ASEMAIL_R1278/R1279: a draft that is changed and sent goes to Sent Items, once", () =>
    Effect.gen(function* () {
      const writer = yield* phone()
      yield* syncAll(writer, drafts)
      yield* syncAll(writer, sent)
      const added = yield* syncOne(writer, drafts, {
        commands: [add("draft-2", to("bob@demo.test"), subject("to be sent"), body("Words"))]
      })
      const id = added?.responses[0]?.serverId ?? ""
      writer.items.get(drafts)?.set(id, { ...unmarked, subject: "to be sent" })
      const sending = change(id, subject("sent indeed"))
      const answered = yield* syncOne(writer, drafts, {
        commands: [{ ...sending, children: [...sending.children, element("Email2:Send")] }]
      })
      assert.deepStrictEqual(answered?.responses, [])
      assert.notInclude(serverIdsOf(writer, drafts), id)
      yield* toldOf(writer, sent, ["sent indeed"])
    })
  )

  it.scoped("two drafts of one conversation in one request come into one conversation", () =>
    Effect.gen(function* () {
      const writer = yield* phone()
      yield* syncAll(writer, drafts)
      const reply = (id: string) =>
        add(
          id,
          mime(
            "Subject: Re: of one mind",
            "In-Reply-To: <root@elsewhere.test>",
            `Message-ID: <${id}@demo.test>`
          )
        )
      const answered = yield* syncOne(writer, drafts, { commands: [reply("first"), reply("second")] })
      const [first, second] = answered?.responses ?? []
      assert.deepInclude(first, { clientId: "first", status: "1" })
      assert.deepInclude(second, { clientId: "second", status: "1" })
      assert.deepStrictEqual(
        childOf(first?.properties, "Email2:ConversationId"),
        childOf(second?.properties, "Email2:ConversationId")
      )
    })
  )

  it.scoped("a draft keeps the marks that it is written with, and those that it had", () =>
    Effect.gen(function* () {
      const [writer, reader] = [yield* phone(), yield* phone()]
      yield* syncAll(writer, drafts)
      yield* syncAll(reader, drafts)
      const added = yield* syncOne(writer, drafts, {
        commands: [add("marked", subject("marked"), element("Email:Read", 0), planned)]
      })
      const [marked] = (yield* syncOne(reader, drafts))?.changes ?? []
      assert.strictEqual(childText(marked?.properties, "Email:Read"), "0")
      assert.deepStrictEqual(flagOf(marked?.properties), ["2", "to be called back"])
      const id = added?.responses[0]?.serverId ?? ""
      writer.items.get(drafts)?.set(id, { ...unmarked, subject: "marked" })
      yield* syncOne(writer, drafts, {
        commands: [change(id, subject("marked twice"), element("Email:Read", 1))]
      })
      const [rewritten, gone] = (yield* syncOne(reader, drafts))?.changes ?? []
      assert.deepStrictEqual([gone?.op, gone?.serverId], ["Delete", marked?.serverId])
      assert.strictEqual(childText(rewritten?.properties, "Email:Subject"), "marked twice")
      assert.strictEqual(childText(rewritten?.properties, "Email:Read"), "1")
      assert.deepStrictEqual(flagOf(rewritten?.properties), ["2", "to be called back"])
    })
  )

  it.scoped("MS-ASEMAIL 3.2.5.4.2: a draft whose flag breaks a rule is none: 6", () =>
    Effect.gen(function* () {
      const writer = yield* phone()
      yield* syncAll(writer, drafts)
      const broken = element("Email:Flag", element("Email:Status", 2))
      const answered = yield* syncOne(writer, drafts, {
        commands: [add("broken", subject("broken"), broken)]
      })
      assert.deepInclude(answered?.responses[0], { clientId: "broken", status: "6" })
    })
  )

  it.scoped("a draft whose words are lost cannot be rewritten, which is no matter of the others: 6", () =>
    Effect.gen(function* () {
      const platform = yield* Running
      const writer = yield* phone()
      yield* syncAll(writer, drafts)
      const names = ["lost words", "words that stay"]
      const added = yield* syncOne(writer, drafts, {
        commands: names.map((name) => add(name, subject(name), body("Words")))
      })
      const ids = added?.responses.map(({ serverId = "" }) => serverId) ?? []
      for (const id of ids) writer.items.get(drafts)?.set(id, { ...unmarked, subject: "" })
      for (const row of yield* platform.query<{ readonly blob_key: string }>(
        "SELECT blob_key FROM mail_state.messages WHERE subject = 'lost words'"
      )) {
        yield* Effect.promise(() => rm(join(platform.dataFolder, row.blob_key)))
      }
      const answered = yield* syncOne(writer, drafts, {
        commands: ids.map((id) => change(id, subject("rewritten")))
      })
      assert.deepStrictEqual(
        answered?.responses.map(({ serverId, status }) => [serverId, status]),
        [[ids[0], "6"]]
      )
      yield* syncAll(writer, drafts)
      assert.includeMembers([...subjectsOf(writer, drafts)], ["lost words", "rewritten"])
      assert.notInclude(subjectsOf(writer, drafts), "words that stay")
    })
  )

  it.scoped("a draft is sent once, though the answer is lost and the request comes again", () =>
    Effect.gen(function* () {
      const [writer, reader] = [yield* phone(), yield* phone({ address: "bob@demo.test" })]
      yield* syncAll(writer, drafts)
      yield* syncAll(reader, folderIds.inbox)
      const kept = yield* syncOne(writer, drafts, {
        commands: [add("kept", to("bob@demo.test"), subject("kept and sent once"), body("Words"))]
      })
      const adding = add("at-once", to("bob@demo.test"), subject("sent at once, once"), body("Words"))
      const sending = change(kept?.responses[0]?.serverId ?? "", subject("kept and sent once"))
      const request = {
        collections: [
          {
            id: drafts,
            key: keyOf(writer, drafts),
            commands: [adding, sending].map((one) => ({
              ...one,
              children: [...one.children, element("Email2:Send")]
            }))
          }
        ]
      }
      const lost = yield* askSync(writer, request)
      const again = yield* askSync(writer, request)
      assert.deepStrictEqual(again, lost)
      assert.deepInclude(again.collections[0]?.responses[0], { clientId: "at-once", status: "1" })
      yield* syncAll(writer, sent)
      const wanted = ["kept and sent once", "sent at once, once"]
      yield* toldOf(writer, sent, wanted)
      yield* toldOf(reader, folderIds.inbox, wanted)
    })
  )

  it.scoped("MS-ASCMD_R7472: a draft without a recipient is not sent: 183", () =>
    Effect.gen(function* () {
      const writer = yield* phone()
      yield* syncAll(writer, drafts)
      const adding = add("draft-3", subject("for nobody"), body("Words"))
      const answered = yield* syncOne(writer, drafts, {
        commands: [{ ...adding, children: [...adding.children, element("Email2:Send")] }]
      })
      assert.deepInclude(answered?.responses[0], { op: "Add", clientId: "draft-3", status: "183" })
    })
  )

  it.scoped("who gets a draft is not told which device it was sent with", () =>
    Effect.gen(function* () {
      const { mailbox, call } = yield* Effect.flatMap(Running, ({ client }) => client("bob@demo.test"))
      const before = yield* call((signal) => mailbox.getMailbox({}, { signal }))
      const writer = yield* phone()
      yield* syncAll(writer, drafts)
      const adding = add("draft-4", to("bob@demo.test"), subject("from somewhere"), body("Words"))
      yield* syncOne(writer, drafts, {
        commands: [{ ...adding, children: [...adding.children, element("Email2:Send")] }]
      })
      const origins = yield* Effect.repeat(
        call((signal) => mailbox.listChanges({ afterModSeq: before.modSeq }, { signal })),
        { until: ({ changes }) => changes.length > 0 }
      )
      assert.deepStrictEqual(
        origins.changes.map(({ origin }) => origin),
        ["eas"]
      )
    })
  )
})
