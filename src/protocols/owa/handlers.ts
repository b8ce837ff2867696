import { Effect } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { Call } from "../../rpc/Call.ts"
import type { Applied, CoreMethods, OfMailbox } from "../../rpc/Core.ts"
import { type CallerOf, type Client, makeAsking, makeTelling } from "./asking.ts"
import { changesOf } from "./changes.ts"
import { draftOrigin } from "./compose/Writer.ts"
import { MailRpcs } from "./OwaRpcs.ts"
import { done, folderRow, messageRow, openMessage, undone } from "./rows.ts"

/** The calls of web mail about mail, each one on `Core`. */
export const handlersOf = (core: CoreMethods, callerOf: CallerOf) => {
  const asking = makeAsking(callerOf)
  const telling = makeTelling(callerOf)

  const ask = <A>(client: Client, use: (call: Call, of: OfMailbox) => Effect.Effect<A, CoreError>) =>
    asking(client, ({ call, mailboxId }) => use(call(), { mailboxId }))

  const order = (client: Client, use: (call: Call, of: OfMailbox) => Effect.Effect<Applied, CoreError>) =>
    ask(client, (call, of) => Effect.map(use(call, of), done))

  return MailRpcs.of({
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
        Effect.map(core.listOperations(call, { ...of, ...input }), (operations) => ({
          operations: operations.filter(({ origin }) => origin !== draftOrigin)
        }))
      ),
    Changes: ({ after }, client) =>
      telling(client, ({ call, mailboxId }) => changesOf(core, call(), { mailboxId, after }))
  })
}
