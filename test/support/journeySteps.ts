import { ok, strictEqual } from "node:assert/strict"
import { Effect } from "effect"
import { Unauthenticated } from "../../src/domain/errors.ts"
import { UserRole } from "../../src/rpc/gen/postroom/core/v1/admin_pb.ts"
import { demoPassword, type Platform } from "./platform.ts"
import { inboxOf, messagesIn, rawOf } from "./readBack.ts"

/** Who and what the journey is about. None of it may ever be seen by an operator who did not ask for it. */
export const secrets = {
  dora: "dora-hl7@demo.test",
  erik: "erik-hl7@demo.test",
  stranger: "stranger-hl7@elsewhere.test",
  unknown: "nobody-hl7@demo.test",
  subject: "Quarterly-hl7 figures",
  text: "The-hl7 margin is thin",
  fileName: "margins-hl7.csv",
  attachment: "north;17-hl7",
  folder: "Plans-hl7",
  renamed: "Plans-of-hl7",
  category: "Urgent-hl7",
  draft: "Unsent-hl7 thoughts",
  password: "wrong-hl7-password"
}

/** A call's options: how it can be found in the audit trail. */
export interface Marked {
  readonly signal: AbortSignal
  readonly headers: { readonly "X-Correlation-Id": string }
}

/** Every call that was made, by its correlation id. */
export const makeMarks = () => {
  const calls = new Map<string, string>()
  return {
    calls,
    /** `mark("GetMailbox")(signal)` = options for one call of that method. */
    mark:
      (method: string) =>
      (signal: AbortSignal): Marked => {
        const id = `journey-${calls.size + 1}`
        calls.set(id, `MailboxService/${method}`)
        return { signal, headers: { "X-Correlation-Id": id } }
      }
  }
}

export const addPeople = (platform: Platform) =>
  Effect.flatMap(platform.operator, ({ admin, call }) =>
    call((signal) =>
      admin.createUsers(
        {
          users: [secrets.dora, secrets.erik].map((address) => ({
            address,
            password: demoPassword,
            roles: [UserRole.USER]
          }))
        },
        { signal }
      )
    )
  ).pipe(Effect.scoped)

/** A message with an HTML and a text body and a file, base64 and all. */
export const letter = (n: number): Buffer =>
  Buffer.from(
    [
      `From: A Stranger <${secrets.stranger}>`,
      `To: Dora <${secrets.dora}>`,
      `Subject: ${secrets.subject} ${n}`,
      `Message-ID: <${n}.hl7@elsewhere.test>`,
      "Date: Mon, 23 Nov 2026 12:00:00 +0000",
      "MIME-Version: 1.0",
      "Content-Type: multipart/mixed; boundary=m",
      "",
      "--m",
      "Content-Type: multipart/alternative; boundary=a",
      "",
      "--a",
      "Content-Type: text/plain; charset=utf-8",
      "",
      secrets.text,
      "--a",
      "Content-Type: text/html; charset=utf-8",
      "",
      `<p>${secrets.text}</p>`,
      "--a--",
      "--m",
      "Content-Type: text/csv",
      `Content-Disposition: attachment; filename=${secrets.fileName}`,
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from(secrets.attachment).toString("base64"),
      "--m--",
      ""
    ].join("\r\n")
  )

/** All that a mailbox is: folders with their counters, and each message with its flags, place and bytes. */
export const everythingOf = (platform: Platform, address: string) =>
  Effect.gen(function* () {
    const rpc = yield* platform.client(address)
    const { folders, modSeq } = yield* rpc.call((signal) => rpc.mailbox.listFolders({}, { signal }))
    const messages = yield* Effect.forEach(folders, ({ id }) => messagesIn(rpc, id))
    const raws = yield* Effect.forEach(messages.flat(), ({ id }) => rawOf(rpc, id))
    return { modSeq, folders, messages, raws }
  }).pipe(Effect.scoped)

/** What brings refusals and failed sign-ins into the logs. */
export const misbehave = (platform: Platform) =>
  Effect.gen(function* () {
    const smtp = yield* platform.smtp
    yield* smtp.ask(`MAIL FROM:<${secrets.stranger}>`)
    const refused = yield* smtp.ask(`RCPT TO:<${secrets.unknown}>`)
    strictEqual(refused.slice(0, 3), "550")
    yield* smtp.ask("RSET")
    const broken = Buffer.from(`Subject: ${secrets.subject}\r\n\r\n${secrets.text}\rX\r\n`)
    const answer = yield* smtp.deliver({ to: [secrets.dora], bytes: broken })
    strictEqual(answer.slice(0, 3), "550")
    const rpc = yield* platform.client(secrets.dora, secrets.password)
    const refusal = yield* Effect.flip(inboxAs(rpc))
    ok(refusal instanceof Unauthenticated)
  }).pipe(Effect.scoped)

type Client = Effect.Effect.Success<ReturnType<Platform["client"]>>

const inboxAs = ({ mailbox, call }: Client) => call((signal) => mailbox.getMailbox({}, { signal }))

/** Subjects of the inbox, newest first. */
export const subjectsIn = (rpc: Client) =>
  Effect.map(inboxOf(rpc), (inbox) => inbox.map(({ subject }) => subject))
