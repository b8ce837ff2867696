import { Either } from "effect"
import { assert, describe, it } from "vitest"
import { FolderId, MessageId } from "../../../src/domain/ids.ts"
import { decide } from "../../../src/domain/mailbox/decide/decide.ts"
import { defaultMailboxLimits } from "../../../src/domain/mailbox/State.ts"
import { deliver, emptyModel, folderNamed, given, mailboxId, newMessage, run } from "../../support/domain.ts"

const message = (id: number) => MessageId(id)
const flags = (
  ids: ReadonlyArray<number>,
  add: ReadonlyArray<"\\Seen" | "\\Flagged">,
  remove: ReadonlyArray<"\\Seen"> = []
) =>
  ({
    _tag: "ChangeFlags",
    messageIds: ids.map(message),
    addFlags: add,
    removeFlags: remove,
    addCategories: [],
    removeCategories: []
  }) as const

describe("a mailbox", () => {
  it("is born with its seven system folders, each at its own modseq", () => {
    const { state } = given()
    assert.deepEqual(
      [...state.folders.values()].map(({ id, role, highestModSeq }) => [id, role, highestModSeq]),
      [
        [1, "inbox", 1],
        [2, "drafts", 2],
        [3, "sent", 3],
        [4, "deleted", 4],
        [5, "junk", 5],
        [6, "archive", 6],
        [7, "outbox", 7]
      ]
    )
    assert.equal(state.mailboxId, mailboxId)
  })

  it("is not made twice", () => {
    const result = Either.getOrThrow(run(given(), { _tag: "CreateMailbox" }))
    assert.deepEqual(result.changes, [])
  })

  it("refuses mail before it is made", () => {
    assert.equal(Either.getOrThrow(Either.flip(run(emptyModel, deliver())))._tag, "NotFound")
  })
})

describe("delivery", () => {
  it("numbers messages and uids upwards and counts them unread", () => {
    const { state, messages } = given(deliver(), deliver({ sizeBytes: 50 }))
    const inbox = state.folders.get(FolderId(1))
    assert.deepEqual([inbox?.total, inbox?.unread, inbox?.uidNext, inbox?.sizeBytes], [2, 2, 3, 150])
    assert.deepEqual([...messages.keys()], [1, 2])
    assert.equal(state.usedBytes, 150)
  })

  it("puts what somebody sent into Sent Items, read", () => {
    const { messages } = given({ ...deliver(), target: "sent" })
    assert.deepEqual(
      [...messages.values()].map(({ folderId, flags }) => ({ folderId, flags })),
      [{ folderId: FolderId(3), flags: ["\\Seen"] }]
    )
  })

  it("takes accepted mail even over the quota", () => {
    const model = given()
    const full = { ...model, state: { ...model.state, quotaBytes: 10 } }
    assert.isTrue(Either.isRight(run(full, deliver())))
  })

  it("falls back to the Inbox where the wanted folder is not there", () => {
    const result = Either.getOrThrow(run(given(), deliver({}, "user")))
    assert.equal(result.messages.get(message(1))?.folderId, 1)
  })
})

describe("an append", () => {
  const append = (folderId: number, sizeBytes = 100) =>
    ({
      _tag: "Append",
      folderId: FolderId(folderId),
      flags: ["\\Seen", "\\Draft", "\\Seen"],
      categories: ["b", "a"],
      message: newMessage({ sizeBytes })
    }) as const

  it("keeps flags and categories as sorted sets", () => {
    const stored = Either.getOrThrow(run(given(), append(2))).messages.get(message(1))
    assert.deepEqual(stored?.flags, ["\\Draft", "\\Seen"])
    assert.deepEqual(stored?.categories, ["a", "b"])
  })

  it("is refused over the quota and into an unknown folder", () => {
    const model = given()
    const full = { ...model, state: { ...model.state, quotaBytes: 99 } }
    assert.equal(Either.getOrThrow(Either.flip(run(full, append(2))))._tag, "LimitExceeded")
    assert.equal(Either.getOrThrow(Either.flip(run(model, append(99))))._tag, "NotFound")
  })

  it("refuses categories that are empty, too long or too many", () => {
    const refused = (categories: ReadonlyArray<string>) =>
      Either.isLeft(run(given(), { ...append(2), categories }))
    assert.isTrue(refused([""]))
    assert.isTrue(refused(["x".repeat(256)]))
    assert.isTrue(refused(Array.from({ length: 301 }, (_, n) => `c${n}`)))
    assert.isFalse(refused(["x".repeat(255)]))
  })

  it("refuses more categories on one message than the limit, whatever number of calls adds them", () => {
    const some = (from: number, count: number) => Array.from({ length: count }, (_, n) => `c${from + n}`)
    const add = (categories: ReadonlyArray<string>) => ({ ...flags([1], []), addCategories: categories })
    const full = Either.getOrThrow(run(given(deliver()), add(some(0, 300))))
    assert.equal(Either.getOrThrow(Either.flip(run(full, add(["one more"]))))._tag, "InvalidRequest")
    assert.isTrue(Either.isRight(run(full, { ...add(["one more"]), removeCategories: ["c0"] })))
  })

  it("refuses categories that could break out of a line or of XML", () => {
    for (const name of ["a\r\nBcc: b", "a\u0001", "a\u0085", "a\u2028", "\ud800"]) {
      assert.isTrue(Either.isLeft(run(given(), { ...append(2), categories: [name] })), JSON.stringify(name))
    }
  })
})

describe("flags", () => {
  it("count down unread once, however often they are set", () => {
    const once = Either.getOrThrow(run(given(deliver(), deliver()), flags([1], ["\\Seen"])))
    assert.equal(once.state.folders.get(FolderId(1))?.unread, 1)
    assert.deepEqual(Either.getOrThrow(run(once, flags([1], ["\\Seen"]))).changes, [])
    assert.equal(
      Either.getOrThrow(run(once, flags([1], [], ["\\Seen"]))).state.folders.get(FolderId(1))?.unread,
      2
    )
  })

  it("change those messages that exist and name the others", () => {
    const command = flags([1, 1, 77], ["\\Flagged"])
    const result = Either.getOrThrow(run(given(deliver()), command))
    assert.equal(result.changes.length, 1)
  })

  it("are refused for more messages than a batch takes", () => {
    const ids = Array.from({ length: defaultMailboxLimits.maxBatch + 1 }, (_, n) => n + 1)
    assert.equal(Either.getOrThrow(Either.flip(run(given(), flags(ids, ["\\Seen"]))))._tag, "LimitExceeded")
  })
})

describe("moving and copying", () => {
  it("keeps the message number and gives a new uid", () => {
    const moved = Either.getOrThrow(
      run(given(deliver(), deliver()), {
        _tag: "MoveMessages",
        messageIds: [message(2), message(1)],
        toFolderId: FolderId(6)
      })
    )
    assert.deepEqual(
      [...moved.messages.values()].map(({ id, folderId, uid }) => [id, folderId, uid]),
      [
        [1, 6, 2],
        [2, 6, 1]
      ]
    )
    assert.equal(moved.state.folders.get(FolderId(1))?.total, 0)
    assert.equal(moved.state.folders.get(FolderId(6))?.unread, 2)
  })

  it("into the folder where a message lies changes nothing", () => {
    const command = { _tag: "MoveMessages", messageIds: [message(1)], toFolderId: FolderId(1) } as const
    assert.deepEqual(Either.getOrThrow(run(given(deliver()), command)).changes, [])
  })

  it("copies what is planned with a message, and what was done with it", () => {
    const marks = {
      followUp: { status: 2, type: "to be called back" },
      lastVerb: { verb: 1, at: 5 }
    } as const
    const model = given(deliver(), { ...flags([1], []), ...marks })
    const command = { _tag: "CopyMessages", messageIds: [message(1)], toFolderId: FolderId(6) } as const
    const copied = Either.getOrThrow(run(model, command)).messages.get(message(2))
    assert.deepEqual([copied?.followUp, copied?.lastVerb], [marks.followUp, marks.lastVerb])
  })

  it("copies flags and size under new numbers, within the quota", () => {
    const model = Either.getOrThrow(run(given(deliver()), flags([1], ["\\Flagged"])))
    const command = { _tag: "CopyMessages", messageIds: [message(1)], toFolderId: FolderId(6) } as const
    const copied = Either.getOrThrow(run(model, command))
    assert.deepEqual(copied.messages.get(message(2))?.flags, ["\\Flagged"])
    assert.equal(copied.state.usedBytes, 200)
    const full = { ...model, state: { ...model.state, quotaBytes: 150 } }
    assert.equal(Either.getOrThrow(Either.flip(run(full, command)))._tag, "LimitExceeded")
  })
})

describe("deleting", () => {
  it("moves to Deleted Items, and leaves there what lies there", () => {
    const command = { _tag: "DeleteMessages", messageIds: [message(1)] } as const
    const once = Either.getOrThrow(run(given(deliver()), command))
    assert.equal(once.messages.get(message(1))?.folderId, 4)
    assert.deepEqual(Either.getOrThrow(run(once, command)).changes, [])
  })

  it("for good frees the space", () => {
    const command = { _tag: "ExpungeMessages", messageIds: [message(1)] } as const
    const gone = Either.getOrThrow(run(given(deliver()), command))
    assert.equal(gone.messages.size, 0)
    assert.equal(gone.state.usedBytes, 0)
    assert.equal(gone.state.nextMessageId, 2)
  })
})

describe("removal from where somebody looked", () => {
  it("leaves what was moved away since", () => {
    const model = given(deliver(), deliver(), {
      _tag: "MoveMessages",
      messageIds: [message(2)],
      toFolderId: FolderId(6)
    })
    const command = {
      _tag: "ExpungeMessages",
      messageIds: [1, 2, 3].map(message),
      folderId: FolderId(1)
    } as const
    const { messages, changes } = Either.getOrThrow(run(model, command))
    assert.deepEqual([...messages.keys()], [2])
    assert.equal(changes.length, 1)
    const view = { ...model, limits: defaultMailboxLimits }
    assert.deepEqual([...Either.getOrThrow(decide(view, command)).missing].sort(), [2, 3])
  })
})

describe("bulk commands", () => {
  const limits = { ...defaultMailboxLimits, bulkChunk: 2 }
  const five = given(deliver(), deliver(), deliver(), deliver(), deliver())

  it("mark all read chunk by chunk and say whether more is left", () => {
    const command = { _tag: "MarkAllRead", folderId: FolderId(1) } as const
    const first = Either.getOrThrow(run(five, command, limits))
    const second = Either.getOrThrow(run(first, command, limits))
    const third = Either.getOrThrow(run(second, command, limits))
    assert.deepEqual([first.more, second.more, third.more], [true, true, false])
    assert.equal(third.state.folders.get(FolderId(1))?.unread, 0)
  })

  it("empty a folder into Deleted Items, and Deleted Items for good", () => {
    const emptied = Either.getOrThrow(
      run(five, { _tag: "EmptyFolder", folderId: FolderId(1), permanently: false })
    )
    assert.equal(emptied.state.folders.get(FolderId(4))?.total, 5)
    const gone = Either.getOrThrow(
      run(emptied, { _tag: "EmptyFolder", folderId: FolderId(4), permanently: false })
    )
    assert.equal(gone.messages.size, 0)
  })

  it("delete a folder with all it holds, messages first", () => {
    const model = given(
      { _tag: "CreateFolder", name: "Project", parentId: null },
      deliver(),
      deliver(),
      deliver(),
      { _tag: "MoveMessages", messageIds: [message(1), message(2), message(3)], toFolderId: FolderId(8) }
    )
    const command = {
      _tag: "DeleteFolder",
      folderId: folderNamed(model, "Project"),
      permanently: true
    } as const
    const first = Either.getOrThrow(run(model, command, limits))
    assert.isTrue(first.more)
    assert.isTrue(first.state.folders.has(FolderId(8)))
    const second = Either.getOrThrow(run(first, command, limits))
    assert.isFalse(second.more)
    assert.isFalse(second.state.folders.has(FolderId(8)))
    assert.equal(second.messages.size, 0)
  })
})
