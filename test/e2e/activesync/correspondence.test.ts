import { assert, layer } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { childOf, childText, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { addressOf, arrival, indexOf, people, send } from "../../support/activesync/correspondence.ts"
import { folderIds, type Handset, syncAll, syncOne } from "../../support/activesync/handset.ts"
import { everywhere, fetchedItem } from "../../support/activesync/items.ts"
import { layerPhones, newHandset } from "../../support/activesync/phones.ts"
import { change } from "../../support/activesync/talk.ts"

const { inbox, drafts } = folderIds

/** When a conversation began, by the first five octets of its index (MS-ASCON 2.2.2.4), epoch milliseconds. */
const beginOf = (index: Buffer): number => {
  const fileTime = Buffer.concat([Buffer.from([1]), index.subarray(0, 5), Buffer.alloc(2)]).readBigUInt64BE()
  return Number(fileTime / 10_000n - 11_644_473_600_000n)
}

/** What was last done with a message, and that it was after `since`. */
const lastVerbOf = (handset: Handset, id: string, since: number) =>
  Effect.map(fetchedItem(handset, id), ({ properties }) => {
    const time = Date.parse(childText(properties, "Email2:LastVerbExecutionTime") ?? "")
    assert.isAtLeast(time, since)
    return childText(properties, "Email2:LastVerbExecuted")
  })

layer(layerPhones, { timeout: 60_000, excludeTestServices: true })("Correspondence", (it) => {
  it.effect("EMAIL_S01_TC14, MS-ASEMAIL_R648: that somebody had a blind copy is not to be changed: 6", () =>
    Effect.gen(function* () {
      const { alice, carol } = yield* people
      yield* send("SendMail", alice, { To: addressOf("bob"), Bcc: addressOf("carol"), Subject: "blind" })
      const { serverId, properties } = yield* arrival(carol, "blind")
      assert.strictEqual(childText(properties, "Email:To"), addressOf("bob"))
      const answered = yield* syncOne(carol, inbox, {
        commands: [change(serverId, element("Email2:ReceivedAsBcc", "False"))]
      })
      assert.deepStrictEqual(
        answered?.responses.map(({ op, status }) => [op, status]),
        [["Change", "6"]]
      )
    })
  )

  it.effect(
    "EMAIL_S01_TC15, MS-ASEMAIL_R328/R331/R351/R400/R510/R711/R787/R1054: mail to several, and an answer to several",
    () =>
      Effect.gen(function* () {
        const { alice, bob, carol } = yield* people
        const began = yield* Clock.currentTimeMillis
        yield* send("SendMail", alice, {
          To: `${addressOf("bob")}, ${addressOf("carol")}`,
          Cc: `${addressOf("alice")}, ${addressOf("bob")}, ${addressOf("carol")}`,
          "Reply-To": `${addressOf("alice")}, ${addressOf("carol")}`,
          Subject: "to several"
        })
        yield* arrival(alice, "to several")
        const { serverId, properties } = yield* arrival(bob, "to several")
        assert.strictEqual(childText(properties, "Email:To"), "bob@demo.test, carol@demo.test")
        assert.strictEqual(childText(properties, "Email:DisplayTo"), "bob@demo.test;carol@demo.test")
        assert.strictEqual(
          childText(properties, "Email:Cc"),
          "alice@demo.test, bob@demo.test, carol@demo.test"
        )
        assert.strictEqual(childText(properties, "Email:ReplyTo"), "alice@demo.test;carol@demo.test")
        yield* arrival(carol, "to several")

        const answering = yield* Clock.currentTimeMillis
        yield* send("SmartReply", bob, {
          source: serverId,
          To: `${addressOf("alice")}, ${addressOf("carol")}`,
          Subject: "Re: to several"
        })
        const reply = yield* arrival(carol, "Re: to several")
        assert.strictEqual(yield* lastVerbOf(bob, serverId, answering), "1")
        const [first, second] = [indexOf(properties), indexOf(reply.properties)]
        assert.deepStrictEqual([first.length, second.length], [5, 10])
        assert.deepStrictEqual(second.subarray(0, 5), first)
        // Mail says to the second when it was written.
        assert.isAtLeast(beginOf(first), began - 1000)
        assert.isAtMost(beginOf(first), answering)
      })
  )

  it.effect("EMAIL_S01_TC16, MS-ASEMAIL_R352: a forwarded message knows where it comes from", () =>
    Effect.gen(function* () {
      const { alice, bob, carol } = yield* people
      yield* send("SendMail", alice, { To: addressOf("bob"), Subject: "to be passed on" })
      const { serverId, properties } = yield* arrival(bob, "to be passed on")
      const forwarding = yield* Clock.currentTimeMillis
      yield* send("SmartForward", bob, {
        source: serverId,
        To: addressOf("carol"),
        Subject: "FW: to be passed on"
      })
      const forwarded = yield* arrival(carol, "FW: to be passed on")
      assert.strictEqual(yield* lastVerbOf(bob, serverId, forwarding), "3")
      const [first, second] = [indexOf(properties), indexOf(forwarded.properties)]
      assert.deepStrictEqual([first.length, second.length], [5, 10])
      assert.deepStrictEqual(second.subarray(0, 5), first)
    })
  )

  it.effect(
    "EMAIL_S01_TC26, MS-ASEMAIL_R1184/R1190/R1273/R1274/R1275/R1278: a draft is one in Sync, Search and ItemOperations",
    () =>
      Effect.gen(function* () {
        const writer = yield* newHandset({ version: "16.0" })
        yield* syncAll(writer, drafts)
        const answered = yield* syncOne(writer, drafts, {
          commands: [
            element(
              "AirSync:Add",
              element("AirSync:ClientId", "draft"),
              element("AirSync:Class", "Email"),
              element(
                "AirSync:ApplicationData",
                element("Email:Subject", "for two"),
                element("Email:To", addressOf("alice")),
                element("Email2:Bcc", addressOf("bob"))
              )
            )
          ]
        })
        const [response] = answered?.responses ?? []
        assert.strictEqual(response?.status, "1")
        assert.isDefined(childOf(response?.properties, "Email2:ConversationId"))
        assert.lengthOf(indexOf(response?.properties), 5)
        for (const item of yield* everywhere(response?.serverId ?? "", [], drafts)) {
          assert.strictEqual(childText(item, "Email:Subject"), "for two")
          assert.strictEqual(childText(item, "Email2:IsDraft"), "1")
          assert.strictEqual(childText(item, "Email2:Bcc"), addressOf("bob"))
        }
      })
  )
})
