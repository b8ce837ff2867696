import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { childOf, childText, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import {
  catchUp,
  folderIds,
  serverIdsOf,
  subjectsOf,
  syncAll,
  syncOne
} from "../../support/activesync/handset.ts"
import { phone, Running } from "../../support/activesync/running.ts"
import { add, change } from "../../support/activesync/talk.ts"

const { drafts, sent } = folderIds

const to = (address: string) => element("Email:To", address)
const subject = (text: string) => element("Email:Subject", text)
const body = (text: string) =>
  element("AirSyncBase:Body", element("AirSyncBase:Type", 1), element("AirSyncBase:Data", text))

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
      writer.items.get(drafts)?.set(id, { subject: "to be sent", isRead: true })
      const sending = change(id, subject("sent indeed"))
      const answered = yield* syncOne(writer, drafts, {
        commands: [{ ...sending, children: [...sending.children, element("Email2:Send")] }]
      })
      assert.deepStrictEqual(answered?.responses, [])
      assert.notInclude(serverIdsOf(writer, drafts), id)
      yield* catchUp(writer, sent)
      assert.deepStrictEqual(
        subjectsOf(writer, sent).filter((text) => text === "sent indeed"),
        ["sent indeed"]
      )
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
