import { Effect, Stream } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { Call } from "../../rpc/Call.ts"
import type { Applied, CoreMethods, OfMailbox } from "../../rpc/Core.ts"
import { changesOf } from "./changes.ts"
import type { Refusal } from "./OwaAnswers.ts"
import { OwaRpcs } from "./OwaRpcs.ts"
import { away, refusalOf } from "./refusal.ts"
import { done, folderRow, messageRow, openMessage, undone } from "./rows.ts"

/** Whose connection it is that calls. */
export interface Caller extends OfMailbox {
  /** A call of its own each time. */
  readonly call: () => Call
  /** Somebody is there. */
  readonly used: Effect.Effect<void>
}

interface Client {
  readonly clientId: number
}

/** The calls of web mail, each one on `Core`. A connection that has just ended has no caller any more. */
export const handlersOf = (core: CoreMethods, callerOf: (client: number) => Caller | undefined) => {
  const ask = <A>({ clientId }: Client, use: (call: Call, of: OfMailbox) => Effect.Effect<A, CoreError>) => {
    const caller = callerOf(clientId)
    if (caller === undefined) return Effect.interrupt
    return unlessBug(
      Effect.suspend(() => use(caller.call(), { mailboxId: caller.mailboxId })).pipe(
        Effect.mapError(refusalOf),
        Effect.zipLeft(caller.used)
      )
    )
  }

  const order = (client: Client, use: (call: Call, of: OfMailbox) => Effect.Effect<Applied, CoreError>) =>
    ask(client, (call, of) => Effect.map(use(call, of), done))

  return OwaRpcs.of({
    Folders: (_, client) =>
      ask(client, (call, of) =>
        Effect.map(core.listFolders(call, of), ({ folders, modSeq }) => ({
          folders: folders.map(folderRow),
          modSeq
        }))
      ),
    Page: (input, client) =>
      ask(client, (call, of) =>
        Effect.map(core.listByDate(call, { ...of, ...input }), (page) => ({
          ...page,
          messages: page.messages.map(messageRow)
        }))
      ),
    Thread: (input, client) =>
      ask(client, (call, of) =>
        Effect.map(core.listThread(call, { ...of, ...input }), ({ messages }) => ({
          messages: messages.map(messageRow)
        }))
      ),
    Message: (input, client) =>
      ask(client, (call, of) => Effect.map(core.getMessage(call, { ...of, ...input }), openMessage)),
    Body: (input, client) => ask(client, (call, of) => core.getBody(call, { ...of, ...input })),
    Search: (input, client) =>
      ask(client, (call, of) =>
        Effect.map(core.search(call, { ...of, ...input }), ({ hits, after, isComplete }) => ({
          hits: hits.map(({ message, snippet }) => ({ message: messageRow(message), snippet })),
          after,
          isComplete
        }))
      ),
    ChangeFlags: (input, client) => order(client, (call, of) => core.changeFlags(call, { ...of, ...input })),
    MarkAllRead: (input, client) => order(client, (call, of) => core.markAllRead(call, { ...of, ...input })),
    Move: (input, client) => order(client, (call, of) => core.moveMessages(call, { ...of, ...input })),
    Copy: (input, client) => order(client, (call, of) => core.copyMessages(call, { ...of, ...input })),
    Delete: (input, client) => order(client, (call, of) => core.deleteMessages(call, { ...of, ...input })),
    Expunge: (input, client) => order(client, (call, of) => core.expungeMessages(call, { ...of, ...input })),
    EmptyFolder: (input, client) =>
      order(client, (call, of) => core.emptyFolder(call, { ...of, ...input, permanently: false })),
    CreateFolder: (input, client) =>
      order(client, (call, of) => core.createFolder(call, { ...of, ...input })),
    RenameFolder: (input, client) =>
      order(client, (call, of) => core.renameFolder(call, { ...of, ...input })),
    MoveFolder: (input, client) => order(client, (call, of) => core.moveFolder(call, { ...of, ...input })),
    DeleteFolder: (input, client) =>
      order(client, (call, of) => core.deleteFolder(call, { ...of, ...input, permanently: false })),
    Undo: (input, client) =>
      ask(client, (call, of) => Effect.map(core.undo(call, { ...of, ...input }), undone)),
    Operations: (input, client) =>
      ask(client, (call, of) =>
        Effect.map(core.listOperations(call, { ...of, ...input }), (operations) => ({ operations }))
      ),
    // The types stand first, so that the pages can be written against them; what they do follows.
    WritingRules: () => Effect.fail(away),
    SaveDraft: () => Effect.fail(away),
    ReadDraft: () => Effect.fail(away),
    DiscardDraft: () => Effect.fail(away),
    Send: () => Effect.fail(away),
    CancelSend: () => Effect.fail(away),
    HeldSends: () => Effect.fail(away),
    Recipients: () => Effect.fail(away),
    Changes: ({ after }, { clientId }) => {
      const caller = callerOf(clientId)
      if (caller === undefined) return Stream.fromEffect(Effect.interrupt)
      return Stream.suspend(() =>
        changesOf(core, caller.call(), { mailboxId: caller.mailboxId, after })
      ).pipe(
        Stream.mapError(refusalOf),
        Stream.catchAllCause((cause) => Stream.fromEffect(unlessBug(Effect.failCause(cause))))
      )
    }
  })
}

/** A bug of ours is told here; over there something is away. */
const unlessBug = <A>(work: Effect.Effect<A, Refusal>): Effect.Effect<A, Refusal> =>
  work.pipe(
    Effect.tapDefect((cause) => Effect.logError("a call of web mail failed by a defect", cause)),
    Effect.catchAllDefect(() => Effect.fail(away))
  )
