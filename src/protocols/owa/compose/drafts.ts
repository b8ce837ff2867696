import { Effect, Option } from "effect"
import type { Part } from "../../../domain/Content.ts"
import { type CoreError, NotFound } from "../../../domain/errors.ts"
import { systemFolders } from "../../../domain/Folder.ts"
import { FolderId, type MessageId, OperationId } from "../../../domain/ids.ts"
import type { CoreMethods, MessageView } from "../../../rpc/Core.ts"
import { describeAttachments, sortBodies } from "../../mime/bodies.ts"
import type { Done, Draft, Refusal, SavedDraft, StoredAttachment, StoredDraft } from "../OwaAnswers.ts"
import { done } from "../rows.ts"
import { type ComposeServices, compose } from "./compose.ts"
import { overLimit } from "./limits.ts"
import { readHeader } from "./readHeader.ts"
import { draftCall, type Writer } from "./Writer.ts"
import { answeredOf, placesOf } from "./writeMessage.ts"

export interface DraftServices extends ComposeServices {
  readonly core: ComposeServices["core"] & Pick<CoreMethods, "appendMessage" | "expungeMessages" | "getBody">
}

type Failure = CoreError | Refusal

export const draftsId = FolderId(systemFolders.findIndex(({ role }) => role === "drafts") + 1)

export interface SaveInput {
  readonly operationId: OperationId
  readonly draftId: MessageId | null
  readonly draft: Draft
}

/** The new version first, then the former one goes: a crash between them leaves two, never none. */
export const saveDraft = (
  services: DraftServices,
  writer: Writer,
  { operationId, draftId, draft }: SaveInput
): Effect.Effect<SavedDraft, Failure> =>
  Effect.gen(function* () {
    const raw = yield* compose(services, writer, { draft, operationId, date: null })
    const former = draftId === null ? Option.none() : yield* viewOf(services, writer, draftId)
    const stored = yield* keepDraft(services, writer, { operationId, raw, former: Option.getOrNull(former) })
    const isFormerGone = draftId !== null && (yield* removeDraft(services, writer, { operationId, draftId }))
    const { parts } = yield* services.core.getMessage(draftCall(writer), {
      mailboxId: writer.mailboxId,
      messageId: stored.messageId
    })
    return { ...stored, attachments: inOrderOf(draft, attachmentsOf(stored.messageId, parts)), isFormerGone }
  }).pipe(services.turns.withPermits(1))

const viewOf = (
  { core }: DraftServices,
  writer: Writer,
  messageId: MessageId
): Effect.Effect<Option.Option<MessageView>, CoreError> =>
  core.getMessage(draftCall(writer), { mailboxId: writer.mailboxId, messageId }).pipe(
    Effect.asSome,
    Effect.catchTag("NotFound", () => Effect.succeedNone)
  )

interface Kept {
  readonly operationId: OperationId
  readonly raw: Uint8Array
  /** Its marks stay. */
  readonly former: MessageView | null
}

export const keepDraft = (
  { core }: Pick<DraftServices, "core">,
  writer: Writer,
  { operationId, raw, former }: Kept
): Effect.Effect<Pick<SavedDraft, "messageId" | "modSeq">, CoreError> =>
  Effect.gen(function* () {
    const { added, modSeq } = yield* core.appendMessage(draftCall(writer), {
      mailboxId: writer.mailboxId,
      folderId: draftsId,
      operationId,
      raw,
      flags: [...new Set([...(former?.message.flags ?? []), "\\Seen" as const, "\\Draft" as const])],
      categories: former?.message.categories ?? [],
      receivedAt: null
    })
    const [message] = added
    // The name was another operation's, which added nothing.
    if (message === undefined) return yield* new NotFound({ what: "message" })
    return { messageId: message.messageId, modSeq }
  })

/** For good, where it lies in Drafts; true where it does not. Asked again, the answer is that of the first time. */
export const removeDraft = (
  { core }: Pick<DraftServices, "core">,
  writer: Writer,
  { operationId, draftId }: { readonly operationId: OperationId; readonly draftId: MessageId }
): Effect.Effect<boolean, CoreError> =>
  Effect.map(
    expungeDraft(core, writer, { operationId: OperationId(`${operationId}:former`), messageId: draftId }),
    ({ missing }) => missing.length > 0
  )

interface OneDraft {
  readonly operationId: OperationId
  readonly messageId: MessageId
}

export const discardDraft = (
  { core }: Pick<DraftServices, "core">,
  writer: Writer,
  draft: OneDraft
): Effect.Effect<Done, CoreError> => Effect.map(expungeDraft(core, writer, draft), done)

const expungeDraft = (core: DraftServices["core"], writer: Writer, { operationId, messageId }: OneDraft) =>
  core.expungeMessages(draftCall(writer), {
    mailboxId: writer.mailboxId,
    operationId,
    messageIds: [messageId],
    folderId: draftsId
  })

/** A draft for whoever goes on writing it; `NotFound` where it is none. */
export const readDraft = (
  services: DraftServices,
  writer: Writer,
  { messageId }: { readonly messageId: MessageId }
): Effect.Effect<StoredDraft, Failure> =>
  Effect.gen(function* () {
    const of = { mailboxId: writer.mailboxId, messageId }
    const call = draftCall(writer)
    const { message, parts } = yield* services.core.getMessage(call, of)
    if (message.folderId !== draftsId && !message.flags.includes("\\Draft")) {
      return yield* new NotFound({ what: "message" })
    }
    const hasHtml = sortBodies(parts).htmlBody.some((nth) => parts[nth]?.type === "text/html")
    const text = yield* services.core.getBody(call, { ...of, type: "text", maxBytes: null })
    const html = hasHtml ? yield* services.core.getBody(call, { ...of, type: "html", maxBytes: null }) : null
    // What was not read would be lost with the next version.
    if (text.isTruncated || html?.isTruncated === true) return yield* Effect.fail(overLimit("bodySize"))
    return {
      messageId,
      to: message.to.map(correspondent),
      cc: message.cc.map(correspondent),
      bcc: message.bcc.map(correspondent),
      subject: message.subject,
      html: html?.content ?? null,
      text: text.mediaType === "text/html" ? "" : text.content.replaceAll("\r\n", "\n"),
      answers: answeredOf(yield* readHeader(services, writer, messageId)),
      attachments: attachmentsOf(messageId, parts)
    }
  })

const correspondent = ({ name, address }: Draft["to"][number]) => ({ name, address })

const attachmentsOf = (messageId: MessageId, parts: ReadonlyArray<Part>): ReadonlyArray<StoredAttachment> =>
  describeAttachments(parts, sortBodies(parts).attachments).map(
    ({ part, name, type, sizeBytes, isInline, contentId }) => ({
      source: { _tag: "Part", messageId, path: parts[part]?.path ?? "" },
      fileName: name,
      contentId: isInline ? contentId : null,
      mediaType: type,
      sizeBytes
    })
  )

const inOrderOf = (draft: Draft, stored: ReadonlyArray<StoredAttachment>): ReadonlyArray<StoredAttachment> =>
  placesOf(draft).flatMap((place) => stored[place] ?? [])
