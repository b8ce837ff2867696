import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { MessageContent } from "../../../domain/Content.ts"
import { buildBody } from "../../mime/compose/bodyTree.ts"
import type { Thread } from "../../mime/compose/threadFields.ts"
import { defaultMimeLimits } from "../../mime/MimeLimits.ts"
import type { MimeReader } from "../../mime/MimeReader.ts"
import { rawHeaderOf } from "../../mime/rawHeader.ts"
import { readHeaderOnly } from "../../mime/readMessage.ts"
import { threadIndexAfter } from "../content/conversation.ts"
import { StatusError } from "../status.ts"
import { merge, type Original, type Verb } from "./merge.ts"
import { type Identity, ownHeader } from "./ownHeader.ts"
import { recipientsOf } from "./recipients.ts"
import { type ReadMessage, safeEntity } from "./safeEntity.ts"

/** A message that is ready to be sent. */
export interface Outgoing {
  /** Lines in CRLF, Bcc included. */
  readonly raw: Uint8Array
  readonly recipients: ReadonlyArray<string>
}

/** The message that the device wrote. */
export interface DeviceMessage extends ReadMessage {
  readonly content: MessageContent
}

/** Reads what a device sent as a message; 107 where it is none, or a bomb (MS-ASCMD 2.2.2). */
export const readDeviceMessage = (
  mime: MimeReader["Type"],
  raw: Uint8Array
): Effect.Effect<DeviceMessage, StatusError> =>
  Effect.flatMap(mime.read(raw), (content) => {
    const status = unfitness({ raw, content })
    return status === undefined
      ? Effect.succeed({ raw, parts: content.parts, content })
      : Effect.fail(new StatusError({ status }))
  })

const unreadable = new Set([
  "header-too-long",
  "too-many-header-fields",
  "too-many-parts",
  "nested-too-deep",
  "parser-failed",
  "parser-timed-out"
])

const unfitness = ({ raw, content }: { readonly raw: Uint8Array; readonly content: MessageContent }) => {
  const { defects, parts } = content
  const [root, ...inner] = parts
  if (defects.includes("too-many-addresses")) return 115
  if (root === undefined || root.bodyStart > defaultMimeLimits.headerBytes) return 107
  if (defects.some((defect) => unreadable.has(defect)) || rawHeaderOf(raw).fields.length === 0) return 107
  return root.type.startsWith("multipart/") && inner.length === 0 ? 107 : undefined
}

/**
 * The device's message as it goes out: 116 and 119 where its recipients will not do, 121 where the original cannot be put
 * into it. `seed` makes boundaries.
 */
export const compose = Effect.fnUntraced(function* (
  device: DeviceMessage,
  given: {
    readonly identity: Identity
    readonly seed: string
    readonly source: { readonly original: Original; readonly verb: Verb; readonly isMerged: boolean } | null
  }
) {
  const recipients = yield* Effect.mapError(
    recipientsOf(device.content.envelope),
    (status) => new StatusError({ status })
  )
  const { identity, seed, source } = given
  const thread = source?.verb === "reply" ? threadOf(device, source.original) : null
  const threadIndex =
    source === null || device.content.headers["thread-index"] !== undefined
      ? null
      : threadIndexAfter(source.original.summary, { now: identity.now, guid: guidOf(identity) })
  const header = ownHeader(
    { raw: device.raw, envelope: device.content.envelope },
    { identity, thread, threadIndex }
  )
  const merged = source?.isMerged === true ? merge(device, source.original, source.verb) : "untouched"
  if (merged === "impossible") return yield* new StatusError({ status: 121 })
  const body =
    merged === "untouched"
      ? Buffer.concat([mimeVersion, safeEntity(device, 0)])
      : yield* buildBody(merged, seed)
  const outgoing: Outgoing = { raw: Buffer.concat([header, body]), recipients }
  return outgoing
})

/** 16 octets that no other message has. */
const guidOf = ({ messageId }: Identity): Uint8Array => createHash("md5").update(messageId).digest()

const mimeVersion = Buffer.from("MIME-Version: 1.0\r\n")

/** What the device says of the thread counts; where it says nothing, the original does. */
const threadOf = ({ content }: DeviceMessage, { raw, summary }: Original): Thread | null => {
  const { inReplyTo, references } = content.envelope
  if (summary.internetMessageId === null || inReplyTo.length > 0 || references.length > 0) return null
  const { envelope } = readHeaderOnly(raw, "parser-failed")
  const known = envelope.references.length > 0 ? envelope.references : envelope.inReplyTo
  return { internetMessageId: summary.internetMessageId, references: known }
}
