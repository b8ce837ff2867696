import { Cause, Effect } from "effect"
import type { Part } from "../../../domain/Content.ts"
import type { CoreError } from "../../../domain/errors.ts"
import type { MailboxId } from "../../../domain/ids.ts"
import type { MessageSummary } from "../../../domain/Message.ts"
import { metrics } from "../../../observability/metrics.ts"
import type { Call } from "../../../rpc/Call.ts"
import { describeAttachments, sortBodies } from "../../mime/bodies.ts"
import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import { legalText } from "../wbxml/characters.ts"
import { type Element, element } from "../wbxml/element.ts"
import { attachmentsElement, rawAttachment } from "./attachmentElements.ts"
import { bodyElement, bodyPartElement } from "./bodyElements.ts"
import type { BodyOptions } from "./bodyOptions.ts"
import { isLostBlob } from "./lostBlob.ts"
import { mailProperties } from "./mailProperties.ts"
import { isSmime } from "./messageClass.ts"
import type { ContentCore } from "./readBody.ts"

export interface ItemRequest {
  readonly mailboxId: MailboxId
  readonly message: MessageSummary
  /** The body structure, where the caller has read it; else it is read. */
  readonly parts?: ReadonlyArray<Part>
  readonly version: ProtocolVersion
  readonly options: BodyOptions
}

/**
 * The children of ApplicationData (Sync) or Properties (ItemOperations, Search) of a mail item. Fails only where the same
 * request may work later or the message is gone; a message that cannot be rendered becomes a minimal item with the raw
 * message attached, so that it never stands in the way of a folder.
 */
export const itemContent =
  (core: ContentCore) =>
  (call: Call, request: ItemRequest): Effect.Effect<ReadonlyArray<Element>, CoreError> =>
    render(core, call, request).pipe(
      Effect.catchAllDefect((defect) => renderMinimal(request, "defect", Cause.die(defect))),
      Effect.catchTag("Unavailable", (error) =>
        isLostBlob(error) ? renderMinimal(request, "blob", Cause.fail(error)) : Effect.fail(error)
      )
    )

const render = Effect.fnUntraced(function* (core: ContentCore, call: Call, request: ItemRequest) {
  const { mailboxId, message, version, options } = request
  const parts = request.parts ?? (yield* core.getMessage(call, { mailboxId, messageId: message.id })).parts
  const bodies = sortBodies(parts)
  const source = { core, call, mailboxId, message, parts }
  const nativeType = bodies.htmlBody.some((index) => parts[index]?.type === "text/html") ? 2 : 1
  const attachments = attachmentsElement(message.id, {
    parts,
    attachments: describeAttachments(parts, bodies.attachments)
  })
  const facts = { nativeType, isSmime: isSmime(parts) } as const
  const partPreference = isAtLeast(version, "14.1") ? options.bodyPartPreference : null
  // MS-ASCON_R247: who asks for the message part alone gets it alone.
  const isPartOnly = partPreference !== null && options.bodyPreferences.length === 0
  return [
    ...mailProperties({ mailboxId, message, version, parts }),
    ...(attachments === undefined ? [] : [attachments]),
    ...(isPartOnly ? [] : [yield* bodyElement(source, { options, version, facts })]),
    ...(partPreference === null ? [] : [yield* bodyPartElement(source, partPreference)]),
    element("AirSyncBase:NativeBodyType", nativeType)
  ]
})

const renderMinimal = (
  { mailboxId, message, version }: ItemRequest,
  reason: "defect" | "blob",
  cause: Cause.Cause<unknown>
): Effect.Effect<ReadonlyArray<Element>> =>
  Effect.gen(function* () {
    metrics.activesyncMinimalItems.inc({ reason })
    yield* Effect.logError("a message could not be rendered", cause).pipe(
      Effect.annotateLogs({ mailboxId, messageId: String(message.id) })
    )
    const properties = yield* Effect.catchAllDefect(
      Effect.sync(() => mailProperties({ mailboxId, message, version, parts: [] })),
      () => Effect.succeed([element("Email:Subject", legalText(message.subject))])
    )
    return [
      ...properties,
      rawAttachment(message.id, message.sizeBytes),
      element(
        "AirSyncBase:Body",
        element("AirSyncBase:Type", 1),
        element("AirSyncBase:EstimatedDataSize", Buffer.byteLength(message.preview)),
        message.preview === "" ? null : element("AirSyncBase:Data", legalText(message.preview))
      ),
      element("AirSyncBase:NativeBodyType", 1)
    ]
  })
