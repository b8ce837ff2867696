import { Clock, Effect } from "effect"
import type { Platform } from "../platform.ts"

const letter = (subject: string) =>
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

/** Puts a letter with each subject into a folder of alice's, in this order; answers with their ids. */
export const putLetters = (
  platform: Platform,
  subjects: ReadonlyArray<string>,
  { folderId = 1, daysOld = 0 }: { readonly folderId?: number; readonly daysOld?: number } = {}
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { mailbox, call } = yield* platform.client("alice@demo.test")
      const receivedAt = Math.floor((yield* Clock.currentTimeMillis) / 1000) - daysOld * 86_400
      return yield* Effect.forEach(subjects, (subject) =>
        Effect.map(
          call((signal) =>
            mailbox.appendMessage(
              {
                folderId: BigInt(folderId),
                raw: letter(subject),
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
