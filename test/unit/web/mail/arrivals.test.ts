import { assert, describe, it } from "vitest"
import { FolderId, MessageId } from "../../../../src/domain/ids.ts"
import type { MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { messageRow } from "../../../../src/protocols/owa/rows.ts"
import { arrivalsIn } from "../../../../web/src/mail/notify/arrivals.ts"
import { summary } from "../../../support/alice.ts"

const inbox = FolderId(1)
const since = 1_000_000_000

const row = (id: number, parts: Partial<MessageRow> = {}): MessageRow => ({
  ...messageRow(summary(MessageId(id))),
  folderId: inbox,
  flags: [],
  receivedAt: since + 1_000,
  ...parts
})

const told = (...messages: ReadonlyArray<MessageRow>) =>
  arrivalsIn(
    { messages },
    {
      folders: new Map([
        [inbox, { role: "inbox" }],
        [FolderId(2), { role: "junk" }]
      ]),
      since,
      told: new Set([MessageId(7)])
    }
  ).map(({ id }) => id)

describe("people are told of mail", () => {
  it("that came into the Inbox after the page was opened", () =>
    assert.deepEqual(told(row(1), row(2)), [MessageId(1), MessageId(2)]))

  it("once", () => assert.deepEqual(told(row(7)), []))

  it("and not of what was read elsewhere, is older than the page, or lies in another folder", () =>
    assert.deepEqual(
      told(
        row(1, { flags: ["\\Seen"] }),
        row(2, { receivedAt: since - 61_000 }),
        row(3, { folderId: FolderId(2) })
      ),
      []
    ))
})
