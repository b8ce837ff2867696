import { Cause, Effect, Exit, Request, RequestResolver } from "effect"
import { type CoreError, NotFound } from "../../../domain/errors.ts"
import type { MailboxId, MessageId } from "../../../domain/ids.ts"
import type { Call } from "../../../rpc/Call.ts"
import type { Body, BodyForm, CoreMethods, MessageView } from "../../../rpc/Core.ts"
import type { ContentCore } from "./readBody.ts"

/** What of Core the content of many messages is read by. */
export type ContentsCore = ContentCore & Pick<CoreMethods, "getMessages" | "getBodies">

class ViewWanted extends Request.TaggedClass("ViewWanted")<
  MessageView,
  CoreError,
  { readonly messageId: MessageId }
> {}

class BodyWanted extends Request.TaggedClass("BodyWanted")<
  Body,
  CoreError,
  { readonly messageId: MessageId; readonly type: BodyForm; readonly maxBytes: number | null }
> {}

/**
 * `core` for the content of one mailbox's messages, where structures, and bodies of one form, that are asked for at the same
 * time are asked for by one call: a window of items costs a few queries and not a few per item. Effects that are to be
 * collected so run under `{ batching: true, concurrency: … }`.
 */
export const batchedCore = (core: ContentsCore, call: Call, mailboxId: MailboxId): ContentsCore => {
  const views = RequestResolver.makeBatched((wanted: ReadonlyArray<ViewWanted>) =>
    core.getMessages(call, { mailboxId, messageIds: wanted.map(({ messageId }) => messageId) }).pipe(
      Effect.flatMap(({ messages }) => {
        const found = new Map(messages.map((view) => [view.message.id, view]))
        return each(wanted, (one) => Request.completeEffect(one, orGone(found.get(one.messageId))))
      }),
      Effect.catchAllCause((cause) =>
        each(wanted, (one) =>
          Effect.flatMap(
            oneByOne(cause, core.getMessage(call, { mailboxId, messageId: one.messageId })),
            (exit) => Request.complete(one, exit)
          )
        )
      )
    )
  )
  const readGroup = ({ wanted, ...form }: Group) =>
    core.getBodies(call, { mailboxId, ...form, messageIds: wanted.map(({ messageId }) => messageId) }).pipe(
      Effect.flatMap((read) => {
        const found = new Map(read.bodies.map(({ messageId, body }) => [messageId, body]))
        return each(wanted, (one) =>
          Request.completeEffect(one, Effect.flatten(orGone(found.get(one.messageId))))
        )
      }),
      Effect.catchAllCause((cause) =>
        each(wanted, (one) =>
          Effect.flatMap(
            oneByOne(cause, core.getBody(call, { mailboxId, ...form, messageId: one.messageId })),
            (exit) => Request.complete(one, exit)
          )
        )
      )
    )
  const bodies = RequestResolver.makeBatched((wanted: ReadonlyArray<BodyWanted>) =>
    each(groups(wanted), readGroup)
  )
  return {
    ...core,
    getMessage: (_, { messageId }) => Effect.request(new ViewWanted({ messageId }), views),
    getBody: (_, { messageId, type, maxBytes }) =>
      Effect.request(new BodyWanted({ messageId, type, maxBytes }), bodies)
  }
}

const each = <A>(all: ReadonlyArray<A>, use: (one: A) => Effect.Effect<void>): Effect.Effect<void> =>
  Effect.forEach(all, use, { discard: true })

const orGone = <A>(found: A | undefined): Effect.Effect<A, CoreError> =>
  found === undefined ? new NotFound({ what: "message" }) : Effect.succeed(found)

/** A failure is that of all. A defect may be about one message alone: then each is asked for by itself. */
const oneByOne = <A>(
  cause: Cause.Cause<CoreError>,
  single: Effect.Effect<A, CoreError>
): Effect.Effect<Exit.Exit<A, CoreError>> =>
  Cause.isDie(cause) ? Effect.exit(single) : Effect.succeed(Exit.failCause(cause))

interface Group {
  readonly type: BodyForm
  readonly maxBytes: number | null
  readonly wanted: Array<BodyWanted>
}

/** One call of Core gives bodies of one form and size. */
const groups = (wanted: ReadonlyArray<BodyWanted>): ReadonlyArray<Group> => {
  const found = new Map<string, Group>()
  for (const one of wanted) {
    const key = `${one.type} ${one.maxBytes}`
    const group = found.get(key) ?? { type: one.type, maxBytes: one.maxBytes, wanted: [] }
    group.wanted.push(one)
    found.set(key, group)
  }
  return [...found.values()]
}
