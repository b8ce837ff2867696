import { createHash } from "node:crypto"
import { Clock, Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { OperationId } from "../../../domain/ids.ts"
import type { PeopleMethods } from "../../../rpc/People.ts"
import type { Thread } from "../../mime/compose/threadFields.ts"
import { readHeaderOnly } from "../../mime/readMessage.ts"
import type { Draft, Refusal } from "../OwaAnswers.ts"
import type { ComposeSettings } from "./ComposeConfig.ts"
import { overLimit, refusalOfDraft } from "./limits.ts"
import { type LoadServices, loadAttachments } from "./loadAttachments.ts"
import { type HeaderServices, readHeader } from "./readHeader.ts"
import { draftCall, type Writer } from "./Writer.ts"
import { writeMessage } from "./writeMessage.ts"

export interface ComposeServices extends LoadServices, HeaderServices {
  readonly core: LoadServices["core"] & HeaderServices["core"]
  readonly people: Pick<PeopleMethods, "getPerson">
  readonly settings: ComposeSettings
  /** Messages are put together in memory: so many at a time. */
  readonly turns: Effect.Semaphore
}

/** The message that a draft is. `date` is epoch milliseconds, null = now. */
export const compose = (
  services: ComposeServices,
  writer: Writer,
  given: { readonly draft: Draft; readonly operationId: OperationId; readonly date: number | null }
): Effect.Effect<Uint8Array, CoreError | Refusal> =>
  Effect.gen(function* () {
    const { draft, operationId } = given
    const refusal = refusalOfDraft(draft, services.settings)
    if (refusal !== null) return yield* Effect.fail(refusal)
    const { address, displayName } = yield* services.people.getPerson(draftCall(writer), {
      mailboxId: writer.mailboxId
    })
    const raw = yield* writeMessage({
      draft,
      from: { name: displayName, address },
      date: given.date ?? (yield* Clock.currentTimeMillis),
      internetMessageId: idOf(writer, operationId),
      thread: yield* threadOf(services, writer, draft),
      attachments: yield* loadAttachments(services, writer, draft.attachments)
    })
    return raw.length > services.settings.messageBytes ? yield* Effect.fail(overLimit("messageSize")) : raw
  })

/** The same for the same wish: asked again, it makes the same message. */
const idOf = ({ mailboxId, address }: Writer, operationId: OperationId): string => {
  const digest = createHash("sha256").update(`${mailboxId}\0${operationId}`).digest("hex").slice(0, 40)
  return `${digest}@${address.slice(address.lastIndexOf("@") + 1)}`
}

/**
 * What the answer refers to (RFC 5322 3.6.4); a forward begins a conversation. One whose original is gone meanwhile is no
 * answer any more, but is written all the same.
 */
const threadOf = (
  services: HeaderServices,
  writer: Writer,
  { answers }: Draft
): Effect.Effect<Thread | null, CoreError> => {
  if (answers === null || answers.verb === "forward") return Effect.succeed(null)
  return readHeader(services, writer, answers.messageId).pipe(
    Effect.map((header) => {
      const { internetMessageId, references, inReplyTo } = readHeaderOnly(header, "parser-failed").envelope
      if (internetMessageId === null) return null
      const before = references.length === 0 && inReplyTo.length === 1 ? inReplyTo : references
      return { internetMessageId, references: before }
    }),
    Effect.catchTag("NotFound", () => Effect.succeed(null))
  )
}
