import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { CommandName } from "../../../src/protocols/activesync/Command.ts"
import {
  bytesOf,
  childOf,
  childText,
  type Element,
  element
} from "../../../src/protocols/activesync/wbxml/element.ts"
import { askSync, folderIds, type Handset, keyOf, syncAll, take } from "./handset.ts"
import { newHandset } from "./phones.ts"
import type { AnsweredChange } from "./talk.ts"

const { inbox } = folderIds

export const addressOf = (name: string) => `${name}@demo.test`

/** Somebody's phone that knows what is in the Inbox. */
const phoneOf = (name: string) =>
  Effect.tap(newHandset({ address: addressOf(name) }), (handset) => syncAll(handset, inbox))

export const people = Effect.all({ alice: phoneOf("alice"), bob: phoneOf("bob"), carol: phoneOf("carol") })

let sent = 0

/** A message of this phone's, with these fields; `source`: the id of what it answers or forwards. */
export const send = (
  command: Extract<CommandName, "SendMail" | "SmartReply" | "SmartForward">,
  handset: Handset,
  { source, ...fields }: Readonly<Record<string, string>>
) =>
  Effect.gen(function* () {
    sent += 1
    const header = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
    const mime = `From: ${handset.phone.options.address}\r\n${header.join("")}\r\nSome words.\r\n`
    const { code, body } = yield* handset.phone.ask(
      command,
      element(
        `ComposeMail:${command}`,
        element("ComposeMail:ClientId", `correspondence-${sent}`),
        source === undefined
          ? null
          : element(
              "ComposeMail:Source",
              element("ComposeMail:FolderId", inbox),
              element("ComposeMail:ItemId", source)
            ),
        element("ComposeMail:Mime", Buffer.from(mime))
      )
    )
    assert.deepStrictEqual([code, body.length], [200, 0])
  })

/** The message with this subject, as the phone is told it when it comes. */
export const arrival = (handset: Handset, subject: string): Effect.Effect<AnsweredChange> =>
  Effect.gen(function* () {
    const { collections } = yield* askSync(handset, {
      collections: [{ id: inbox, key: keyOf(handset, inbox) }],
      heartbeat: 60
    })
    for (const collection of collections) take(handset, collection)
    const found = collections
      .flatMap(({ changes }) => changes)
      .find(({ properties }) => childText(properties, "Email:Subject") === subject)
    return found ?? (yield* arrival(handset, subject))
  })

export const indexOf = (item: Element | undefined): Buffer =>
  Buffer.from(
    bytesOf(childOf(item, "Email2:ConversationIndex") ?? assert.fail("there is no ConversationIndex"))
  )
