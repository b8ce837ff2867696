import { Effect, Layer, Stream } from "effect"
import { type CoreError, InvalidRequest, LimitExceeded, NotFound } from "../../../src/domain/errors.ts"
import type { Flag } from "../../../src/domain/Flags.ts"
import type { LastVerb } from "../../../src/domain/FollowUp.ts"
import { type MessageId, ModSeq } from "../../../src/domain/ids.ts"
import type { Command, Request } from "../../../src/protocols/activesync/Command.ts"
import { meetingResponse } from "../../../src/protocols/activesync/commands/meetingResponse.ts"
import { type ComposeServices, composeServices } from "../../../src/protocols/activesync/commands/sending.ts"
import { sendMail } from "../../../src/protocols/activesync/commands/sendMail.ts"
import { smartForward } from "../../../src/protocols/activesync/commands/smartForward.ts"
import { smartReply } from "../../../src/protocols/activesync/commands/smartReply.ts"
import {
  type Content,
  type Element,
  element,
  type Tag
} from "../../../src/protocols/activesync/wbxml/element.ts"
import { decodePart } from "../../../src/protocols/mime/decode.ts"
import { MimeReader } from "../../../src/protocols/mime/MimeReader.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import type { Call } from "../../../src/rpc/Call.ts"
import { Core, type CoreMethods } from "../../../src/rpc/Core.ts"
import { summaryOf } from "../alice.ts"
import { request } from "./request.ts"

type Submission = Parameters<CoreMethods["submit"]>[1]
type FlagChange = Parameters<CoreMethods["changeFlags"]>[1]

/** A mailbox whose mail is given, and what was asked of it. */
export interface ComposeWorld {
  readonly messages: Map<number, Uint8Array>
  /** Why the octets of a message cannot be had. */
  readonly unreadable: Map<number, Effect.Effect<never, CoreError>>
  readonly submitted: Array<Submission & { readonly call: Call }>
  readonly deleted: Array<number>
  readonly marked: Array<readonly [id: number, flags: ReadonlyArray<Flag>]>
  readonly verbs: Array<LastVerb["verb"]>
  /** Run before a submission is taken. */
  beforeSubmit: Effect.Effect<void, CoreError>
  /** Run after it was taken: its answer is lost. */
  afterSubmit: Effect.Effect<void>
  onMark: ReturnType<CoreMethods["changeFlags"]> | null
  /** Asks a command, as a device does. */
  readonly ask: (
    command: "SendMail" | "SmartReply" | "SmartForward" | "MeetingResponse",
    given: Partial<Request>
  ) => ReturnType<Command>
}

export const composeWorld = (): ComposeWorld => {
  const world: ComposeWorld = {
    messages: new Map(),
    unreadable: new Map(),
    submitted: [],
    deleted: [],
    marked: [],
    verbs: [],
    beforeSubmit: Effect.void,
    afterSubmit: Effect.void,
    onMark: null,
    ask: (command, given) =>
      Effect.flatMap(composeServices, (services) =>
        commands[command](services)(request({ command, ...given }))
      ).pipe(Effect.provide(Layer.merge(layerCore(world), MimeReader.layerInline())))
  }
  return world
}

const commands = {
  SendMail: sendMail,
  SmartReply: smartReply,
  SmartForward: smartForward,
  MeetingResponse: ({ core }: ComposeServices) => meetingResponse(core)
}

const applied = {
  modSeq: ModSeq(1),
  missing: [],
  added: [],
  folderId: null,
  more: false,
  isDuplicate: false
}

/** Core over that mailbox; all of its messages lie in folder 1. */
export const layerCore = (world: ComposeWorld) => {
  const rawOf = (id: MessageId) =>
    Effect.fromNullable(world.messages.get(id)).pipe(Effect.mapError(() => new NotFound({ what: "message" })))
  return Layer.mock(Core, {
    getMessage: (_, { messageId }) =>
      Effect.map(rawOf(messageId), (raw) => ({
        message: summaryOf(raw, messageId),
        parts: readMessage(raw).parts
      })),
    getPart: (_, { messageId, path }) =>
      Stream.fromEffect(
        Effect.map(rawOf(messageId), (raw) => {
          const part = readMessage(raw).parts.find((one) => one.path === path)
          return part === undefined
            ? Buffer.alloc(0)
            : decodePart(raw.subarray(part.bodyStart, part.bodyEnd), part)
        })
      ),
    getRaw: (_, { messageId }) => Stream.fromEffect(world.unreadable.get(messageId) ?? rawOf(messageId)),
    submit: (call, input) =>
      Effect.gen(function* () {
        yield* world.beforeSubmit
        if (input.recipients.length > 1000)
          return yield* new LimitExceeded({ limit: "recipients", max: 1000 })
        if (input.recipients.includes("nobody@demo.test")) {
          return yield* new InvalidRequest({ message: "Recipient 1 does not exist." })
        }
        const isDuplicate = world.submitted.some(({ operationId }) => operationId === input.operationId)
        if (!isDuplicate) world.submitted.push({ ...input, call })
        yield* world.afterSubmit
        return {
          localRecipients: isDuplicate ? 0 : input.recipients.length,
          remoteRecipients: 0,
          isDuplicate
        }
      }),
    wasSubmitted: (_, asked) =>
      Effect.succeed(world.submitted.some(({ operationId }) => operationId === asked.operationId)),
    changeFlags: (_, input: FlagChange) => {
      if (world.onMark !== null) return world.onMark
      for (const id of input.messageIds) world.marked.push([id, input.addFlags])
      if (input.lastVerb !== undefined) world.verbs.push(input.lastVerb.verb)
      return Effect.succeed(applied)
    },
    deleteMessages: (_, { messageIds }) =>
      Effect.sync(() => {
        world.deleted.push(...messageIds)
        return applied
      })
  })
}

/** The document of a command: ClientId and Mime unless told otherwise. */
export const composeDocument = (
  command: "SendMail" | "SmartReply" | "SmartForward",
  mime: Uint8Array | string | null,
  ...others: ReadonlyArray<Content>
): Element =>
  element(
    `ComposeMail:${command}`,
    element("ComposeMail:ClientId", "client-1"),
    ...others,
    mime === null ? null : element("ComposeMail:Mime", Buffer.from(mime))
  )

export const sourceOf = (...children: ReadonlyArray<readonly [Tag, string]>): Element =>
  element(
    "ComposeMail:Source",
    children.map(([tag, text]) => element(tag, text))
  )

export const itemSource = (id: number): Element =>
  sourceOf(["ComposeMail:FolderId", "1"], ["ComposeMail:ItemId", String(id)])

/** Lines joined by CRLF. */
export const lines = (...all: ReadonlyArray<string>): string => all.join("\r\n")

export const plainMail = (...header: ReadonlyArray<string>): string =>
  lines(
    "From: Alice A. <alice@phone.example>",
    "To: bob@demo.test",
    ...header,
    "Subject: hello",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "How are you?",
    ""
  )
