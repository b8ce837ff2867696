import { Either } from "effect"
import type { Change } from "../../src/domain/Change.ts"
import type { Command, Deliver } from "../../src/domain/Command.ts"
import type { FolderRole } from "../../src/domain/Folder.ts"
import { BlobKey, ContentId, type FolderId, MailboxId, type MessageId, TaskId } from "../../src/domain/ids.ts"
import type { NewMessage, StoredMessage } from "../../src/domain/Message.ts"
import { decide, select } from "../../src/domain/mailbox/decide/decide.ts"
import type { Refusal, View } from "../../src/domain/mailbox/decide/View.ts"
import { evolve, evolveMessage } from "../../src/domain/mailbox/evolve.ts"
import {
  defaultMailboxLimits,
  emptyState,
  type MailboxLimits,
  type MailboxState
} from "../../src/domain/mailbox/State.ts"

export const mailboxId = MailboxId("00000000-0000-4000-8000-000000000001")

/** A mailbox held in memory: what the actor and Postgres do together, in one pure fold. */
export interface Model {
  readonly state: MailboxState
  readonly messages: ReadonlyMap<MessageId, StoredMessage>
  readonly journal: ReadonlyArray<Change>
}

export const emptyModel: Model = { state: emptyState(mailboxId), messages: new Map(), journal: [] }

export const applyChange = (model: Model, change: Change): Model => {
  const messages = new Map(model.messages)
  if (change._tag === "MessageAdded") {
    const { _tag, messageId: id, ...added } = change
    messages.set(id, { ...added, id, receivedAt: 0 })
  } else if ("messageId" in change) {
    const before = messages.get(change.messageId)
    const after = before && evolveMessage(before, change)
    if (after === undefined) messages.delete(change.messageId)
    else messages.set(change.messageId, after)
  }
  return { state: evolve(model.state, change), messages, journal: [...model.journal, change] }
}

/** The messages that the command selects, cut as the store cuts them. */
const selected = (
  model: Model,
  command: Command,
  limits: MailboxLimits
): ReadonlyMap<MessageId, StoredMessage> => {
  const selection = select(model.state, command)
  const all = [...model.messages]
  switch (selection._tag) {
    case "None":
      return new Map()
    case "Ids":
      return new Map(all.filter(([id]) => selection.ids.includes(id)))
    case "Folders":
      return new Map(
        all
          .filter(([, message]) => selection.folderIds.includes(message.folderId))
          .filter(([, message]) => !(selection.unseenOnly && message.flags.includes("\\Seen")))
          .slice(0, limits.bulkChunk + 1)
      )
  }
}

export const run = (
  model: Model,
  command: Command,
  limits: MailboxLimits = defaultMailboxLimits
): Either.Either<Model & { readonly changes: ReadonlyArray<Change>; readonly more: boolean }, Refusal> => {
  const view: View = {
    state: model.state,
    messages: selected(model, command, limits),
    limits
  }
  return Either.map(decide(view, command), ({ changes, more }) => ({
    ...changes.reduce(applyChange, model),
    changes,
    more
  }))
}

/** Commands that must succeed, one after the other, on a mailbox with its system folders. */
export const given = (...commands: ReadonlyArray<Command>): Model =>
  [createMailbox, ...commands].reduce<Model>(
    (model, command) => Either.getOrThrow(run(model, command)),
    emptyModel
  )

export const createMailbox: Command = { _tag: "CreateMailbox" }

export const newMessage = (overrides: Partial<NewMessage> = {}): NewMessage => ({
  contentId: ContentId("00000000-0000-4000-8000-0000000000c1"),
  blobKey: BlobKey("blobs/t/2026/01/01/c1.eml"),
  checksum: "00",
  sizeBytes: 100,
  envelope: {
    subject: "Hello",
    from: [{ name: "", address: "a@example.test" }],
    sender: [],
    replyTo: [],
    to: [],
    cc: [],
    bcc: [],
    sentAt: null,
    internetMessageId: null,
    inReplyTo: [],
    references: []
  },
  topic: "",
  preview: "",
  headers: {},
  hasAttachments: false,
  receivedAt: 1_700_000_000_000,
  ...overrides
})

let tasks = 0
export const deliver = (overrides: Partial<NewMessage> = {}, target: FolderRole = "inbox"): Deliver => ({
  _tag: "Deliver",
  taskId: TaskId(`00000000-0000-4000-9000-${String(++tasks).padStart(12, "0")}`),
  target,
  message: newMessage(overrides)
})

export const folderNamed = (model: Model, name: string): FolderId => {
  for (const folder of model.state.folders.values()) if (folder.name === name) return folder.id
  throw new Error(`no folder ${name}`)
}
