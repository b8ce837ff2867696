import { Effect, Layer } from "effect"
import type { MessageContent } from "../../src/domain/Content.ts"
import { MimeReader } from "../../src/protocols/mime/MimeReader.ts"

/** A message that names itself. */
export const letter = (messageId: string): Uint8Array =>
  Buffer.from(`Message-ID: <${messageId}>\r\n\r\nHello\r\n`)

const contentOf = (raw: Uint8Array): MessageContent => {
  const [, internetMessageId = null] = /Message-ID: <(.*)>/.exec(Buffer.from(raw).toString("latin1")) ?? []
  return {
    sizeBytes: raw.length,
    envelope: {
      subject: "",
      from: [],
      sender: [],
      replyTo: [],
      to: [],
      cc: [],
      bcc: [],
      sentAt: null,
      internetMessageId,
      inReplyTo: [],
      references: []
    },
    headers: {},
    receivedCount: 1,
    topic: "",
    parts: [],
    textBody: [],
    htmlBody: [],
    attachments: [],
    hasAttachments: false,
    preview: "",
    text: "",
    defects: []
  }
}

/** Reads of a message what `letter` wrote: MIME has tests of its own. */
export const letterReader = Layer.succeed(MimeReader, { read: (raw) => Effect.sync(() => contentOf(raw)) })
