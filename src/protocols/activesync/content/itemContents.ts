import { Cause, Effect, Exit, Request, RequestResolver } from "effect"
import { type CoreError, NotFound } from "../../../domain/errors.ts"
import type { MailboxId, MessageId } from "../../../domain/ids.ts"
import type { Call } from "../../../rpc/Call.ts"
import type { Body, BodyForm, CoreMethods, MessageView } from "../../../rpc/Core.ts"
import type { Element } from "../wbxml/element.ts"
import { type ItemRequest, itemContent } from "./itemContent.ts"
import type { ContentCore } from "./readBody.ts"

/** What of Core the content of many messages is read by. */
export type ContentsCore = ContentCore & Pick<CoreMethods, "getMessages" | "getBodies">

/**
 * As `itemContent`, of many messages at once; null for one that is gone. Core is asked for all structures together and
 * for all bodies of a form together, so that a window costs a few queries and not a few per message.
 */
export const itemContents =
  (core: ContentsCore) =>
  (
    call: Call,
    mailboxId: MailboxId,
    items: ReadonlyArray<Omit<ItemRequest, "mailboxId">>
  ): Effect.Effect<ReadonlyArray<ReadonlyArray<Element> | null>, CoreError> => {
    const together = batched(core, call, mailboxId)
    return Effect.forEach(
      items,
      (item) =>
        itemContent(together)(call, { mailboxId, ...item }).pipe(
          Effect.catchTag("NotFound", () => Effect.succeed(null))
        ),
      { batching: true, concurrency: "unbounded" }
    )
  }

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

/** `core` for one mailbox, with calls that are made together collected into one. */
const batched = (core: ContentsCore, call: Call, mailboxId: MailboxId): ContentCore => {
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
