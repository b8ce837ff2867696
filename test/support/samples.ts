import type { Change } from "../../src/domain/Change.ts"
import type { Command, SyncAnswer } from "../../src/domain/Command.ts"
import {
  AlreadyExists,
  Busy,
  type CoreError,
  CursorExpired,
  InvalidRequest,
  LimitExceeded,
  NotAllowed,
  NotFound,
  PermissionDenied,
  Unauthenticated,
  Unavailable
} from "../../src/domain/errors.ts"
import type { FollowUp, LastVerb } from "../../src/domain/FollowUp.ts"
import {
  DeviceId,
  FolderId,
  MessageId,
  ModSeq,
  OperationId,
  SyncKey,
  TaskId,
  Uid
} from "../../src/domain/ids.ts"
import type { NewMessage } from "../../src/domain/Message.ts"
import type { SyncOptions } from "../../src/domain/sync/Cursor.ts"
import { newMessage } from "./domain.ts"

// One of every kind, with all that it may have. A new kind without a sample does not compile.

type ByTag<A extends { readonly _tag: string }> = { readonly [Tag in A["_tag"]]: Extract<A, { _tag: Tag }> }

const folderId = FolderId(3)
const messageId = MessageId(4_294_967_297)
const deviceId = DeviceId("phone")
const key = SyncKey("{1}2")

const followUp: Required<FollowUp> = {
  status: 2,
  type: "Zur Nachverfolgung",
  subject: "fällig \u{1f4c5}",
  startDate: 1,
  utcStartDate: 2,
  dueDate: 3,
  utcDueDate: 4,
  isReminderSet: true,
  reminderTime: 5,
  dateCompleted: 6,
  completeTime: 7,
  ordinalDate: 8,
  subOrdinalDate: "5"
}
const lastVerb: LastVerb = { verb: 2, at: 1_700_000_000_000 }
const marks = { flags: ["\\Seen"], categories: ["blue"], followUp, lastVerb } as const

/** Texts that not every encoding can say. */
const message: NewMessage = newMessage({
  topic: "a lone half of a pair: \ud83d",
  preview: "\u0000 \u2028 \uffff \u{10ffff}",
  headers: Object.fromEntries([
    ["__proto__", "a name"],
    ["constructor", "another"],
    ["", ""]
  ]),
  envelope: {
    ...newMessage().envelope,
    to: [{ name: "", address: "", group: "undisclosed" }],
    sentAt: -62_135_596_800_000,
    references: ["a@b", "c@d"]
  }
})

const options: Required<SyncOptions> = {
  days: null,
  conversations: true,
  conflict: "client",
  maxItemBytes: 1 << 20,
  other: { body: [1, 1.5, "x", null, true, { nested: [] }] }
}

export const commandSamples: ByTag<Command> = {
  CreateMailbox: { _tag: "CreateMailbox" },
  Deliver: {
    _tag: "Deliver",
    taskId: TaskId("00000000-0000-4000-9000-000000000001"),
    target: "junk",
    message
  },
  Append: { _tag: "Append", folderId, flags: ["\\Draft"], categories: ["a"], followUp, message },
  ChangeFlags: {
    _tag: "ChangeFlags",
    messageIds: [messageId],
    addFlags: ["\\Seen"],
    removeFlags: [],
    addCategories: [],
    removeCategories: ["a"],
    followUp: null,
    lastVerb
  },
  MoveMessages: { _tag: "MoveMessages", messageIds: [messageId], toFolderId: folderId },
  CopyMessages: { _tag: "CopyMessages", messageIds: [messageId], toFolderId: folderId },
  DeleteMessages: { _tag: "DeleteMessages", messageIds: [messageId] },
  ExpungeMessages: { _tag: "ExpungeMessages", messageIds: [messageId], folderId },
  CreateFolder: { _tag: "CreateFolder", name: "Ünter", parentId: null },
  RenameFolder: { _tag: "RenameFolder", folderId, name: "" },
  MoveFolder: { _tag: "MoveFolder", folderId, parentId: folderId },
  DeleteFolder: { _tag: "DeleteFolder", folderId, permanently: true },
  MarkAllRead: { _tag: "MarkAllRead", folderId },
  EmptyFolder: { _tag: "EmptyFolder", folderId, permanently: false },
  Undo: { _tag: "Undo", undoes: OperationId("archive-1") },
  Synchronise: {
    _tag: "Synchronise",
    wish: {
      deviceId,
      collections: [
        {
          folderId,
          key: null,
          options,
          conversations: false,
          tell: true,
          maxItems: 512,
          changes: [
            {
              _tag: "Change",
              messageId,
              addFlags: ["\\Flagged"],
              removeFlags: [],
              categories: null,
              followUp,
              lastVerb
            },
            { _tag: "Delete", messageId, permanently: true },
            { _tag: "Add", clientId: "c1", content: message, ...marks },
            { _tag: "Replace", messageId, content: message, ...marks }
          ]
        },
        { folderId, key, options: null, tell: false, maxItems: 1, changes: [] }
      ],
      maxItems: 512,
      maxBytes: 1 << 24,
      keep: { name: "ping", value: { folders: [1, 2] } }
    },
    digests: ["", "d"],
    nonce: "n"
  },
  SyncFolders: {
    _tag: "SyncFolders",
    wish: { deviceId, key, change: { _tag: "Update", folderId, name: "x", parentId: null } },
    digest: "d",
    nonce: "n"
  },
  LookUpDevice: { _tag: "LookUpDevice", deviceId, folderIds: [folderId] },
  Estimate: { _tag: "Estimate", deviceId, folderId, key, options, conversations: true },
  ResetDevice: { _tag: "ResetDevice", deviceId, folderId: null }
}

export const changeSamples: ByTag<Change> = {
  MessageAdded: { _tag: "MessageAdded", messageId, folderId, uid: Uid(7), ...marks, sizeBytes: 2 ** 40 },
  FlagsChanged: {
    _tag: "FlagsChanged",
    messageId,
    folderId,
    ...marks,
    wasSeen: false,
    uid: Uid(7),
    changed: ["read", "lastVerb"],
    was: { flags: [], categories: ["red"], followUp: null, lastVerb: null }
  },
  MessageMoved: {
    _tag: "MessageMoved",
    messageId,
    folderId,
    uid: Uid(1),
    fromFolderId: FolderId(1),
    fromUid: Uid(2),
    seen: true,
    sizeBytes: 0,
    receivedAt: 1_700_000_000_000
  },
  Expunged: { _tag: "Expunged", messageId, folderId, uid: Uid(1), seen: false, sizeBytes: 1, receivedAt: 0 },
  FolderCreated: {
    _tag: "FolderCreated",
    folderId,
    parentId: null,
    name: "a",
    role: "user",
    uidValidity: 4_294_967_295
  },
  FolderRenamed: { _tag: "FolderRenamed", folderId, name: "b", fromName: "a" },
  FolderMoved: { _tag: "FolderMoved", folderId, parentId: null, fromParentId: null },
  FolderDeleted: { _tag: "FolderDeleted", folderId }
}

export const answerSamples: ByTag<SyncAnswer> = {
  Collections: {
    _tag: "Collections",
    collections: [
      {
        _tag: "Synced",
        folderId,
        key,
        options,
        isReplay: true,
        outcomes: [{ _tag: "Add", status: "Applied", messageId, clientId: "c1" }],
        told: [
          { op: "Add", id: messageId, ...marks, isKept: true },
          { op: "Change", id: messageId, ...marks, changed: ["flag"] },
          { op: "SoftDelete", id: messageId }
        ],
        more: true,
        modSeq: ModSeq(9)
      },
      { _tag: "Refused", folderId, reason: "Expired" }
    ],
    isHierarchyStale: true
  },
  Folders: {
    _tag: "Folders",
    folders: {
      _tag: "Synced",
      key,
      isReplay: false,
      outcome: { status: "Exists", folderId: null },
      told: [
        { op: "Add", folder: { id: folderId, parentId: null, name: "a", role: "archive" } },
        { op: "Delete", id: folderId }
      ]
    }
  },
  Device: {
    _tag: "Device",
    device: {
      collections: [{ folderId, key, options, modSeq: ModSeq(4), isBehind: true, isFolderGone: false }],
      hierarchy: { key, isStale: true, modSeq: ModSeq(3) },
      kept: { sync: { a: [] }, ping: null }
    }
  },
  Estimate: { _tag: "Estimate", items: null },
  Reset: { _tag: "Reset" }
}

export const errorSamples: ByTag<CoreError> = {
  InvalidRequest: new InvalidRequest({ message: "no" }),
  NotFound: new NotFound({ what: "folder" }),
  AlreadyExists: new AlreadyExists({ what: "folder" }),
  Unauthenticated: new Unauthenticated(),
  PermissionDenied: new PermissionDenied(),
  NotAllowed: new NotAllowed({ message: "not the Inbox" }),
  LimitExceeded: new LimitExceeded({ limit: "quota", max: 5 }),
  CursorExpired: new CursorExpired(),
  Busy: new Busy({ retryAfterMillis: 1000 }),
  Unavailable: new Unavailable({ what: "quarantined" })
}
