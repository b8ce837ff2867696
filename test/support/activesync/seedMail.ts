import { Clock, Effect } from "effect"
import type { Platform } from "../platform.ts"

export const letter = (subject: string) =>
  Buffer.from(
    [
      "From: Sender <sender@elsewhere.test>",
      "To: alice@demo.test",
      `Subject: ${subject}`,
      "Date: Mon, 02 Nov 2026 10:00:00 +0000",
      "Content-Type: text/plain; charset=utf-8",
      "",
      `Text of ${subject}.`,
      ""
    ].join("\r\n")
  )

/** Where mail is put, and since when it lies there. */
interface Put {
  readonly folderId?: number
  readonly daysOld?: number
}

/** Puts messages, as they are, into a folder of alice's, in this order; answers with their ids. */
export const putMail = (
  platform: Platform,
  messages: ReadonlyArray<Uint8Array>,
  { folderId = 1, daysOld = 0 }: Put = {}
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { mailbox, call } = yield* platform.client("alice@demo.test")
      const receivedAt = Math.floor((yield* Clock.currentTimeMillis) / 1000) - daysOld * 86_400
      return yield* Effect.forEach(messages, (raw) =>
        Effect.map(
          call((signal) =>
            mailbox.appendMessage(
              {
                folderId: BigInt(folderId),
                raw,
                ...(daysOld === 0 ? {} : { receivedAt: { seconds: BigInt(receivedAt), nanos: 0 } })
              },
              { signal }
            )
          ),
          ({ messageId }) => String(messageId)
        )
      )
    })
  ).pipe(Effect.orDie)

/** The same of a letter with each subject. */
export const putLetters = (platform: Platform, subjects: ReadonlyArray<string>, options: Put = {}) =>
  putMail(platform, subjects.map(letter), options)
