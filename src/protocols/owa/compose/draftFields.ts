import { Schema } from "effect"
import { MessageId } from "../../../domain/ids.ts"

/** Shapes and bounds of what the browser says of a draft; what is told to people as a limit is in `ComposeConfig`. */
const maxCorrespondents = 10_000
const maxAttachments = 1_000
const maxNameLength = 1_000

export const messageId = Schema.Number.pipe(
  Schema.filter(Number.isSafeInteger),
  Schema.greaterThanOrEqualTo(0),
  Schema.fromBrand(MessageId)
)

const correspondents = Schema.Array(
  Schema.Struct({
    name: Schema.String.pipe(Schema.maxLength(maxNameLength)),
    address: Schema.String.pipe(Schema.maxLength(maxNameLength))
  })
).pipe(Schema.maxItems(maxCorrespondents))

const source = Schema.Union(
  Schema.TaggedStruct("Upload", { uploadId: Schema.String.pipe(Schema.pattern(/^[\w.-]{1,1000}$/)) }),
  Schema.TaggedStruct("Part", {
    messageId,
    /** As `Part.path` of the message. */
    path: Schema.String.pipe(Schema.pattern(/^[\w.]{1,100}$/))
  })
)

const attachment = Schema.Struct({
  source,
  fileName: Schema.String.pipe(Schema.maxLength(maxNameLength)),
  /** What RFC 2392 allows to stand in a `cid:` address without being written in another way. */
  contentId: Schema.NullOr(Schema.String.pipe(Schema.pattern(/^[\w.@+=!~-]{1,200}$/)))
})

/** A message as its author writes it: `Draft` of the answers. */
export const draftFields = Schema.Struct({
  to: correspondents,
  cc: correspondents,
  bcc: correspondents,
  subject: Schema.String.pipe(Schema.maxLength(10_000)),
  html: Schema.NullOr(Schema.String),
  text: Schema.String,
  answers: Schema.NullOr(Schema.Struct({ messageId, verb: Schema.Literal("reply", "replyAll", "forward") })),
  attachments: Schema.Array(attachment).pipe(Schema.maxItems(maxAttachments))
})
