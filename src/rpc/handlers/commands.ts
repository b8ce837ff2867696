import { Effect, type Types } from "effect"
import type { Router } from "../../actors/mailbox/MailboxProtocol.ts"
import type { Change } from "../../domain/Change.ts"
import type { Command, CommandResult } from "../../domain/Command.ts"
import type { CoreError } from "../../domain/errors.ts"
import type { MailboxId, OperationId } from "../../domain/ids.ts"
import type { Applied, CoreMethods } from "../Core.ts"
import { Right } from "../gen/postroom/core/v1/rights_pb.ts"
import type { Authorized } from "../guard.ts"

/** The methods that are one command to the mailbox's actor, and how each becomes it. */
const commandOf = {
  changeFlags: (input: Input<"changeFlags">) => ({
    _tag: "ChangeFlags",
    messageIds: input.messageIds,
    addFlags: input.addFlags,
    removeFlags: input.removeFlags,
    addCategories: input.addCategories,
    removeCategories: input.removeCategories,
    ...(input.followUp === undefined ? {} : { followUp: input.followUp }),
    ...(input.lastVerb === undefined ? {} : { lastVerb: input.lastVerb })
  }),
  markAllRead: ({ folderId }: Input<"markAllRead">) => ({ _tag: "MarkAllRead", folderId }),
  moveMessages: ({ messageIds, toFolderId }: Input<"moveMessages">) => ({
    _tag: "MoveMessages",
    messageIds,
    toFolderId
  }),
  copyMessages: ({ messageIds, toFolderId }: Input<"copyMessages">) => ({
    _tag: "CopyMessages",
    messageIds,
    toFolderId
  }),
  deleteMessages: ({ messageIds }: Input<"deleteMessages">) => ({ _tag: "DeleteMessages", messageIds }),
  expungeMessages: ({ messageIds, folderId }: Input<"expungeMessages">) => ({
    _tag: "ExpungeMessages",
    messageIds,
    ...(folderId === undefined ? {} : { folderId })
  }),
  emptyFolder: ({ folderId, permanently }: Input<"emptyFolder">) => ({
    _tag: "EmptyFolder",
    folderId,
    permanently
  }),
  createFolder: ({ name, parentId }: Input<"createFolder">) => ({ _tag: "CreateFolder", name, parentId }),
  renameFolder: ({ folderId, name }: Input<"renameFolder">) => ({ _tag: "RenameFolder", folderId, name }),
  moveFolder: ({ folderId, toFolderId }: Input<"moveFolder">) => ({
    _tag: "MoveFolder",
    folderId,
    parentId: toFolderId
  }),
  deleteFolder: ({ folderId, permanently }: Input<"deleteFolder">) => ({
    _tag: "DeleteFolder",
    folderId,
    permanently
  })
} as const satisfies { readonly [K in keyof CoreMethods]?: (input: Input<K>) => Command }

type Input<K extends keyof CoreMethods> = Parameters<CoreMethods[K]>[1]

interface Wish {
  readonly mailboxId: MailboxId
  readonly operationId: OperationId | null
}

/** Asks the mailbox's actor and says what came of it. */
export const ask = (
  router: Router["Type"],
  call: Authorized,
  { mailboxId, operationId, command }: Wish & { readonly command: Command }
): Effect.Effect<Applied, CoreError> =>
  Effect.map(
    router.ask({ mailboxId, command, origin: call.origin, correlationId: call.correlationId, operationId }),
    toApplied
  )

const toApplied = (result: CommandResult): Applied => ({
  modSeq: result.modSeq,
  missing: result.missing,
  added: result.changes.flatMap((change) =>
    isAdded(change) ? [{ messageId: change.messageId, uid: change.uid }] : []
  ),
  folderId: result.changes.find(isFolderCreated)?.folderId ?? null,
  more: result.more,
  isDuplicate: result.duplicate
})

export const isAdded = (change: Change): change is Types.ExtractTag<Change, "MessageAdded"> =>
  change._tag === "MessageAdded"
const isFolderCreated = (change: Change): change is Types.ExtractTag<Change, "FolderCreated"> =>
  change._tag === "FolderCreated"

/** Handlers of the methods that are one command. */
export const makeCommands = (router: Router["Type"]) => {
  const handler =
    <I extends Wish>(toCommand: (input: I) => Command) =>
    (call: Authorized, input: I): Effect.Effect<Applied, CoreError> =>
      ask(router, call, { ...input, command: toCommand(input) })
  return {
    changeFlags: handler(commandOf.changeFlags),
    markAllRead: handler(commandOf.markAllRead),
    moveMessages: handler(commandOf.moveMessages),
    copyMessages: handler(commandOf.copyMessages),
    deleteMessages: handler(commandOf.deleteMessages),
    expungeMessages: handler(commandOf.expungeMessages),
    emptyFolder: handler(commandOf.emptyFolder),
    createFolder: handler(commandOf.createFolder),
    renameFolder: handler(commandOf.renameFolder),
    moveFolder: handler(commandOf.moveFolder),
    deleteFolder: handler(commandOf.deleteFolder)
  }
}

/** RFC 4314 4: `\Seen` is under the right "s", everything else under "w". */
export const rightsOfChangeFlags = (input: Input<"changeFlags">): ReadonlyArray<Right> => {
  const flags = [...input.addFlags, ...input.removeFlags]
  const categories = input.addCategories.length + input.removeCategories.length
  const touchesSeen = flags.includes("\\Seen")
  const touchesOthers = categories > 0 || flags.some((flag) => flag !== "\\Seen") || !touchesSeen
  return [...(touchesOthers ? [Right.WRITE_FLAGS] : []), ...(touchesSeen ? [Right.WRITE_SEEN] : [])]
}
