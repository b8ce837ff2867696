import { createHash } from "node:crypto"
import { Chunk, Clock, Effect, Stream } from "effect"
import { type CoreError, isTemporary, type Unavailable } from "../../../domain/errors.ts"
import { edit } from "../../../domain/Flags.ts"
import { type FolderId, type MessageId, OperationId } from "../../../domain/ids.ts"
import type { MessageSummary } from "../../../domain/Message.ts"
import type { NewMarks } from "../../../domain/sync/Synchronise.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import type { RawContent } from "../../../rpc/Sync.ts"
import type { MimeReader } from "../../mime/MimeReader.ts"
import type { Request } from "../Command.ts"
import { callOf, sendingCallOf } from "../callOf.ts"
import { statusOfCore } from "../carrier.ts"
import { composeFromProperties, sendableDraft } from "../compose/draft.ts"
import { isLostBlob } from "../content/lostBlob.ts"
import { StatusError } from "../status.ts"
import { encode } from "../wbxml/encode.ts"
import { failed } from "./failed.ts"
import { marksOf, touchesContent } from "./marks.ts"
import { type DraftCommand, draftsId, type PreparedStep, type Step } from "./plan.ts"

/** What drafts are written and sent with. */
export interface Drafting {
  readonly core: CoreMethods
  readonly mime: MimeReader["Type"]
  readonly request: Request
  readonly folderId: FolderId
  /** The key of the request: with the device's name of a new draft it names what the device wants sent. */
  readonly key: string
  /** Octets of drafts that may still be held until Core has all of the request. */
  readonly room: { left: number }
  /** Octets of one draft. */
  readonly maxBytes: number
}

type DraftStep = Extract<Step, { readonly _tag: "Draft" }>

/** A draft as it lies in the mailbox. */
interface Stored {
  readonly message: MessageSummary
  readonly raw: Uint8Array
}

/** MS-ASCMD 2.2.3.177.17. */
const success = 1
const invalidItem = new StatusError({ status: 6 })
const retry = new StatusError({ status: 16 })

/**
 * Makes the message that a device's draft is, sends it where that is wished, and says what is to be done with it in its
 * folder. It is sent before: a request that comes again, its answer lost, finds it sent and sends it no second time.
 */
export const prepareDraft = (drafting: Drafting, step: DraftStep): Effect.Effect<PreparedStep, CoreError> =>
  (step.messageId === null
    ? newDraft(drafting, step.command)
    : oldDraft(drafting, step.command, step.messageId)
  ).pipe(
    Effect.catchTag("StatusError", ({ status }) =>
      Effect.succeed<PreparedStep>({ _tag: "Answered", response: failed(step.command, status) })
    )
  )

const newDraft = (
  drafting: Drafting,
  command: DraftCommand
): Effect.Effect<PreparedStep, CoreError | StatusError> =>
  Effect.gen(function* () {
    const marks = yield* marksAfter(command, { flags: ["\\Draft", "\\Seen"], categories: [] })
    const written = yield* write(drafting, command, null)
    if (command._tag === "Add" && command.send) {
      yield* send(drafting, command, written.raw)
      return { _tag: "Answered", response: failed(command, success) }
    }
    yield* hold(drafting, written.raw)
    return {
      _tag: "Apply",
      command,
      added: written.added,
      isSent: false,
      change: {
        _tag: "Add",
        clientId: nameOf(command),
        content: contentOf(command, written.raw),
        ...marks
      }
    }
  })

const oldDraft = (
  drafting: Drafting,
  command: DraftCommand,
  messageId: MessageId
): Effect.Effect<PreparedStep, CoreError | StatusError> =>
  Effect.gen(function* () {
    const stored = yield* read(drafting, messageId)
    if (stored !== null && !isDraft(drafting, stored)) return yield* invalidItem
    if (command.send) {
      // Gone may mean sent, by this very request: Core knows.
      if (stored !== null) yield* send(drafting, command, yield* rewritten(drafting, command, stored))
      const change = { _tag: "Delete", messageId, permanently: true } as const
      return { _tag: "Apply", command, added: [], isSent: true, change }
    }
    const marks = yield* marksAfter(command, stored?.message ?? { flags: ["\\Draft"], categories: [] })
    const written = yield* write(drafting, command, stored)
    yield* hold(drafting, written.raw)
    return {
      _tag: "Apply",
      command,
      added: [],
      isSent: false,
      change: {
        _tag: "Replace",
        messageId,
        content: contentOf(command, written.raw),
        ...marks
      }
    }
  })

const isDraft = ({ folderId }: Drafting, { message }: Stored): boolean =>
  folderId === draftsId || message.flags.includes("\\Draft")

/** What finds no room beside others may come with the next request; what finds none at all never will. */
const hold = ({ room, maxBytes }: Drafting, { length }: Uint8Array): Effect.Effect<void, StatusError> =>
  Effect.suspend(() => {
    if (length > room.left) return length > maxBytes ? invalidItem : retry
    room.left -= length
    return Effect.void
  })

/** 6 where what the device marks breaks a rule (MS-ASEMAIL 3.2.5.4.2). */
const marksAfter = (command: DraftCommand, before: NewMarks): Effect.Effect<NewMarks, StatusError> => {
  const change = marksOf(command.properties)
  if (change === undefined) return Effect.fail(invalidItem)
  const followUp = change.followUp === undefined ? before.followUp : (change.followUp ?? undefined)
  return Effect.succeed({
    flags: edit(before.flags, { add: change.addFlags, remove: change.removeFlags }),
    categories: change.categories ?? before.categories,
    ...(followUp === undefined ? {} : { followUp })
  })
}

const contentOf = ({ properties }: DraftCommand, raw: Uint8Array): RawContent => ({
  raw,
  digest: createHash("sha256").update(encode(properties)).digest("base64url")
})

const nameOf = (command: DraftCommand): string =>
  command._tag === "Add" ? command.clientId : command.serverId

/**
 * Null where it is not, or not in this folder: Core will say so. One that cannot be read must not stand in the way of the
 * others: it is refused for good where its octets are lost.
 */
const read = (
  { core, request, folderId }: Drafting,
  messageId: MessageId
): Effect.Effect<Stored | null, CoreError | StatusError> =>
  Effect.gen(function* () {
    const call = callOf(request)
    const of = { mailboxId: request.mailboxId, messageId }
    const { message } = yield* core.getMessage(call, of)
    if (message.folderId !== folderId) return null
    const pieces = yield* Stream.runCollect(core.getRaw(call, of))
    return { message, raw: Buffer.concat(Chunk.toReadonlyArray(pieces)) }
  }).pipe(
    Effect.catchTags({
      NotFound: () => Effect.succeed(null),
      Unavailable: (error) => Effect.fail(unreadable(error))
    })
  )

const unreadable = (error: Unavailable): Unavailable | StatusError => {
  if (error.what !== "blobs") return error
  return isLostBlob(error) ? invalidItem : retry
}

const write = (drafting: Drafting, command: DraftCommand, stored: Stored | null) =>
  Effect.flatMap(identityOf(drafting, command), (identity) =>
    composeFromProperties(drafting.mime, {
      properties: command.properties,
      before: stored === null ? null : { messageId: stored.message.id, raw: stored.raw },
      identity,
      seed: digestOf(drafting, command)
    })
  )

/** The draft as it is to be sent: with what the device writes along, or as it lies there. */
const rewritten = (drafting: Drafting, command: DraftCommand, stored: Stored) =>
  touchesContent(command.properties)
    ? Effect.map(write(drafting, command, stored), ({ raw }) => raw)
    : Effect.succeed(stored.raw)

const send = (drafting: Drafting, command: DraftCommand, raw: Uint8Array) =>
  Effect.gen(function* () {
    const { core, mime, request } = drafting
    const identity = yield* identityOf(drafting, command)
    const outgoing = yield* sendableDraft(mime, { raw, identity, seed: digestOf(drafting, command) })
    yield* core.submit(sendingCallOf(request), {
      mailboxId: request.mailboxId,
      operationId: OperationId(`eas-draft:${digestOf(drafting, command)}`),
      sender: request.address,
      recipients: outgoing.recipients,
      raw: outgoing.raw,
      savesInSent: true
    })
  }).pipe(
    Effect.catchTags({
      InvalidRequest: () => Effect.fail(unsendable),
      NotAllowed: () => Effect.fail(unsendable),
      PermissionDenied: () => Effect.fail(unsendable),
      // One draft that is too much must not stand in the way of the others.
      LimitExceeded: (error) => Effect.fail(isTemporary(error) ? retry : statusOfCore(error))
    })
  )

/** MS-ASCMD 2.2.2: the draft has no recipient that mail could go to. */
const unsendable = new StatusError({ status: 183 })

const identityOf = (drafting: Drafting, command: DraftCommand) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const { address } = drafting.request
    const domain = address.slice(address.lastIndexOf("@") + 1)
    return { address, now, messageId: `${digestOf(drafting, command)}@${domain}` }
  })

/** The same for the same wish: a repeated request makes the same message. */
const digestOf = ({ request, key }: Drafting, command: DraftCommand): string => {
  const hash = createHash("sha256")
  // Names of devices may begin anew with the keys; ours never do.
  for (const piece of [request.deviceId, command._tag === "Add" ? key : "", nameOf(command)])
    hash.update(`${piece.length}:`).update(piece)
  return hash.digest("hex").slice(0, 40)
}
