import { assert, layer } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import type { CommandName } from "../../../src/protocols/activesync/Command.ts"
import { element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { addressOf, arrival, people } from "../../support/activesync/correspondence.ts"
import { textAt } from "../../support/activesync/documents.ts"
import { ask, folderIds, type Handset, subjectsOf, syncAll } from "../../support/activesync/handset.ts"
import { fetchedItem, prefer } from "../../support/activesync/items.ts"
import { layerPhones, newHandset } from "../../support/activesync/phones.ts"
import type { Parameters } from "../../support/activesync/queries.ts"
import { mail } from "../../support/activesync/running.ts"

const { inbox, sent } = folderIds

type Sending = Extract<CommandName, "SendMail" | "SmartReply" | "SmartForward">

/** Sends to bob as until 12.1: the message as body, all else in the query. */
const send = (
  handset: Handset,
  command: Sending,
  { subject, ...parameters }: Parameters & { readonly subject: string }
) => {
  const mime = `From: ${addressOf("alice")}\r\nTo: ${addressOf("bob")}\r\nSubject: ${subject}\r\n\r\nWritten now.\r\n`
  return Effect.map(handset.phone.askWithMime(command, Buffer.from(mime), parameters), ({ code, body }) =>
    assert.deepStrictEqual([code, body.length], [200, 0])
  )
}

/** What bob got, in words, and whether it lies in alice's Sent Items. */
const outcome = (handset: Handset, bob: Handset, subject: string) =>
  Effect.gen(function* () {
    const { serverId } = yield* arrival(bob, subject)
    const { properties } = yield* fetchedItem(bob, serverId, { options: [prefer({ type: 1 })] })
    yield* syncAll(handset, sent)
    return {
      text: textAt(properties ?? null, "AirSyncBase:Body", "AirSyncBase:Data") ?? "",
      isSaved: subjectsOf(handset, sent).includes(subject)
    }
  })

/** The LongId by which Search names the message with this word. */
const longIdOf = (handset: Handset, word: string) =>
  Effect.map(
    ask(
      handset,
      "Search",
      element(
        "Search:Search",
        element(
          "Search:Store",
          element("Search:Name", "Mailbox"),
          element(
            "Search:Query",
            element("Search:And", element("AirSync:Class", "Email"), element("Search:FreeText", word))
          ),
          element("Search:Options", element("Search:Range", "0-0"))
        )
      )
    ),
    (document) => textAt(document, "Search:Response", "Search:Store", "Search:Result", "Search:LongId")
  ).pipe(
    Effect.filterOrFail((found) => found !== undefined),
    Effect.retry(Schedule.spaced("50 millis")),
    Effect.orDie
  )

const original = (word: string) =>
  mail(`From: ${addressOf("bob")}`, `Subject: ${word}`, "", `The words of ${word}.`)

const cases = [
  ["base64", "HTTP_S01_TC05", "HTTP_S01_TC07"],
  ["plain", "HTTP_S01_TC06", "HTTP_S01_TC08"]
] as const

const wishes = (["SendMail", "SmartReply", "SmartForward"] as const).flatMap((command) =>
  [{ saveInSent: true }, { saveInSent: false }, {}].map((saving) => ({ command, saving }))
)

layer(layerPhones, { timeout: 60_000, excludeTestServices: true })(
  "Parameters of commands that send",
  (it) => {
    for (const [query, savesInSent, byLongId] of cases) {
      it.effect(
        `${savesInSent}, MS-ASHTTP_R92/R93/R120/R121/R122/R437/R524/R525/R530/R531: SaveInSent, CollectionId and ItemId in a ${query} query`,
        () =>
          Effect.gen(function* () {
            const { bob } = yield* people
            const handset = yield* newHandset({ version: "12.1", query })
            const word = `kept${query}`
            const source = { collectionId: inbox, itemId: yield* original(word) }
            for (const { command, saving } of wishes) {
              const subject = `${command} ${query} ${JSON.stringify(saving)}`
              const isAnswer = command !== "SendMail"
              yield* send(handset, command, { subject, ...saving, ...(isAnswer ? source : {}) })
              const { isSaved, text } = yield* outcome(handset, bob, subject)
              assert.include(text, "Written now.")
              assert.deepStrictEqual(
                { isSaved, isAnswer: text.includes(`The words of ${word}.`) },
                { isSaved: saving.saveInSent === true, isAnswer },
                subject
              )
            }
          })
      )

      it.effect(`${byLongId}, MS-ASHTTP_R118/R512/R528: LongId in a ${query} query`, () =>
        Effect.gen(function* () {
          const { bob } = yield* people
          const handset = yield* newHandset({ version: "12.1", query })
          const word = `searched${query}`
          yield* original(word)
          const longId = yield* longIdOf(handset, word)
          for (const command of ["SmartReply", "SmartForward"] as const) {
            const subject = `${command} by LongId, ${query}`
            yield* send(handset, command, { subject, longId })
            const { text } = yield* outcome(handset, bob, subject)
            assert.include(text, "Written now.")
            assert.include(text, `The words of ${word}.`)
          }
        })
      )
    }
  }
)
