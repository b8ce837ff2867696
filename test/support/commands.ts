import fc from "fast-check"
import type { Command } from "../../src/domain/Command.ts"
import { FolderId, MessageId } from "../../src/domain/ids.ts"
import { deliver, newMessage } from "./domain.ts"

const messageIds = fc.array(
  fc.integer({ min: 1, max: 12 }).map((n) => MessageId(n)),
  { minLength: 1, maxLength: 5 }
)
const folderId = fc.integer({ min: 1, max: 11 }).map((n) => FolderId(n))
const parentId = fc.option(folderId, { nil: null })
const name = fc.constantFrom("a", "A", "b", "c", "Inbox")
const flag = fc.constantFrom("\\Seen" as const, "\\Flagged" as const, "\\Answered" as const)

/** Any wish at all, sensible or not. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 999 }).map((sizeBytes) => deliver({ sizeBytes })) },
  folderId.map(
    (id): Command => ({
      _tag: "Append",
      folderId: id,
      flags: ["\\Seen"],
      categories: [],
      message: newMessage()
    })
  ),
  fc.tuple(messageIds, fc.array(flag), fc.array(flag)).map(
    ([ids, addFlags, removeFlags]): Command => ({
      _tag: "ChangeFlags",
      messageIds: ids,
      addFlags,
      removeFlags,
      addCategories: ["x"],
      removeCategories: []
    })
  ),
  fc
    .tuple(messageIds, folderId)
    .map(([ids, to]): Command => ({ _tag: "MoveMessages", messageIds: ids, toFolderId: to })),
  fc
    .tuple(messageIds, folderId)
    .map(([ids, to]): Command => ({ _tag: "CopyMessages", messageIds: ids, toFolderId: to })),
  messageIds.map((ids): Command => ({ _tag: "DeleteMessages", messageIds: ids })),
  messageIds.map((ids): Command => ({ _tag: "ExpungeMessages", messageIds: ids })),
  fc.tuple(name, parentId).map(([n, p]): Command => ({ _tag: "CreateFolder", name: n, parentId: p })),
  fc.tuple(folderId, name).map(([f, n]): Command => ({ _tag: "RenameFolder", folderId: f, name: n })),
  fc.tuple(folderId, parentId).map(([f, p]): Command => ({ _tag: "MoveFolder", folderId: f, parentId: p })),
  fc
    .tuple(folderId, fc.boolean())
    .map(([f, permanently]): Command => ({ _tag: "DeleteFolder", folderId: f, permanently })),
  folderId.map((f): Command => ({ _tag: "MarkAllRead", folderId: f })),
  fc
    .tuple(folderId, fc.boolean())
    .map(([f, permanently]): Command => ({ _tag: "EmptyFolder", folderId: f, permanently }))
)
