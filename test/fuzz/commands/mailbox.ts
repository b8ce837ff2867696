import { Effect } from "effect"
import { UserRole } from "../../../src/rpc/gen/postroom/core/v1/admin_pb.ts"
import { corpusMail, hasCorpusMail } from "../../support/corpusMail.ts"
import { collectedMail, hasHostileInput } from "../../support/hostileInput.ts"
import { demoPassword, type Platform } from "../../support/platform.ts"

const lines = (...all: ReadonlyArray<string>) => Buffer.from(all.join("\r\n"))

/** Mail of each kind that commands look at; the first one has an attachment. */
const letters: ReadonlyArray<Uint8Array> = [
  lines(
    "From: Eve <eve@elsewhere.test>",
    "To: alice@demo.test",
    "Subject: plans",
    "Message-ID: <plans@elsewhere.test>",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/html; charset=utf-8",
    "",
    "<p>Some <b>plans",
    "--b",
    'Content-Type: application/octet-stream; name="a.bin"',
    "Content-Transfer-Encoding: base64",
    "",
    "AAEC",
    "--b--"
  ),
  lines("From: bob@demo.test", "Subject: Re: plans", "In-Reply-To: <plans@elsewhere.test>", "", "Answered."),
  lines(
    "From: bob@demo.test",
    "To: alice@demo.test",
    "Subject: a meeting",
    "Content-Type: text/calendar; method=REQUEST; charset=utf-8",
    "",
    "BEGIN:VCALENDAR",
    "METHOD:REQUEST",
    "BEGIN:VEVENT",
    "UID:1@demo.test",
    "DTSTART:20261201T100000Z",
    "DTEND:20261201T110000Z",
    "RRULE:FREQ=WEEKLY",
    "ORGANIZER:mailto:bob@demo.test",
    "ATTENDEE;RSVP=TRUE:mailto:alice@demo.test",
    "SUMMARY:a meeting",
    "END:VEVENT",
    "END:VCALENDAR"
  ),
  lines("Subject: =?x?b?=", "Content-Type: multipart/mixed; boundary=", "", "--", "", "--"),
  lines("Content-Type: message/rfc822", "", "Content-Type: multipart/alternative; boundary=a", "", "--a"),
  lines(
    'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=s',
    "",
    "--s",
    "",
    "signed",
    "--s",
    "Content-Type: application/pkcs7-signature",
    "",
    "AA==",
    "--s--"
  )
]

const maxBytes = 60_000

/** Real mail and hostile mail, where the shared corpus is there. */
const foreign: ReadonlyArray<Uint8Array> = [
  ...(hasCorpusMail ? corpusMail() : []),
  ...(hasHostileInput ? collectedMail() : [])
]
  .map(({ bytes }) => bytes)
  .filter(({ length }) => length <= maxBytes)

const foreignAtOnce = 8

/** A mailbox nobody has used yet; its mail differs with its number. */
export interface NewMailbox {
  readonly address: string
  readonly inbox: ReadonlyArray<bigint>
  readonly draft: bigint
  readonly deleted: bigint
}

export const newMailbox = (platform: Platform, number: number): Effect.Effect<NewMailbox> =>
  Effect.gen(function* () {
    const address = `user${number}@demo.test`
    const { admin, call: callAdmin } = yield* platform.operator
    yield* callAdmin((signal) =>
      admin.createUsers({ users: [{ address, password: demoPassword, roles: [UserRole.USER] }] }, { signal })
    )
    const { mailbox, call } = yield* platform.client(address)
    const append = (folderId: bigint, raw: Uint8Array, flags: ReadonlyArray<string> = []) =>
      Effect.map(
        call((signal) => mailbox.appendMessage({ folderId, raw, flags: [...flags] }, { signal })),
        ({ messageId }) => messageId
      )
    const others = Array.from(
      { length: Math.min(foreignAtOnce, foreign.length) },
      (_, index) => foreign[(number * foreignAtOnce + index) % foreign.length] ?? Buffer.alloc(0)
    )
    const [first = Buffer.alloc(0)] = letters
    return {
      address,
      inbox: yield* Effect.forEach([...letters, ...others], (raw) => append(1n, raw)),
      draft: yield* append(2n, first, ["\\Draft"]),
      deleted: yield* append(4n, first)
    }
  }).pipe(Effect.scoped, Effect.orDie)
