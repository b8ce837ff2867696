import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import type { Command } from "../../../../src/domain/Command.ts"
import type { FollowUp } from "../../../../src/domain/FollowUp.ts"
import { FolderId, MessageId, SyncKey } from "../../../../src/domain/ids.ts"
import type { NewMessage } from "../../../../src/domain/Message.ts"
import type { DeviceChange } from "../../../../src/domain/sync/Synchronise.ts"
import { deliver, newMessage } from "../../../support/domain.ts"
import {
  answerOf,
  anyOptions,
  deviceId,
  idsOf,
  originOf,
  SyncWorld,
  sync,
  synchronise,
  wishing
} from "../../../support/syncWorld.ts"

const inbox = FolderId(1)
const drafts = FolderId(2)
const deletedItems = FolderId(4)
const day = 86_400_000

const run = (world: SyncWorld, command: Command, origin = "imap") =>
  Effect.runSync(world.run(command, origin))

/** A mailbox with messages of these ages in days, and the key with which device 1 has them all. */
const given = (...ages: ReadonlyArray<number>) => {
  const world = SyncWorld.inMemory()
  for (const age of ages) run(world, deliver({ receivedAt: world.now - age * day }))
  const { key } = sync(world, 1, wishing(inbox, null))
  const first = sync(world, 1, wishing(inbox, key))
  return { world, key: first.key, first }
}

const flag = (id: number, name: "\\Seen" | "\\Flagged" = "\\Flagged"): Command => ({
  _tag: "ChangeFlags",
  messageIds: [MessageId(id)],
  addFlags: [name],
  removeFlags: [],
  addCategories: [],
  removeCategories: []
})

const read = (id: number): DeviceChange<NewMessage> => ({
  _tag: "Change",
  messageId: MessageId(id),
  addFlags: ["\\Seen"],
  removeFlags: [],
  categories: null
})

const draft = (clientId: string, checksum = clientId): DeviceChange<NewMessage> => ({
  _tag: "Add",
  clientId,
  content: newMessage({ checksum, receivedAt: 1_790_000_000_000 }),
  flags: ["\\Draft"],
  categories: []
})

describe("a first Sync", () => {
  it("MS-ASCMD_R644: primes with a key and no items", () => {
    const world = SyncWorld.inMemory()
    run(world, deliver())
    const answer = sync(world, 1, wishing(inbox, null))
    assert.deepEqual(answer.told, [])
    assert.isFalse(answer.more)
    assert.isAtMost(answer.key.length, 64)
  })

  it("tells the newest first, in windows, and says whether there is more", () => {
    const world = SyncWorld.inMemory()
    for (const age of [3, 1, 2]) run(world, deliver({ receivedAt: world.now - age * day }))
    const { key } = sync(world, 1, wishing(inbox, null))
    const first = sync(world, 1, wishing(inbox, key, { maxItems: 2 }))
    assert.deepEqual(idsOf(first), [
      ["Add", MessageId(2)],
      ["Add", MessageId(3)]
    ])
    assert.isTrue(first.more)
    const second = sync(world, 1, wishing(inbox, first.key, { maxItems: 2 }))
    assert.deepEqual(idsOf(second), [["Add", MessageId(1)]])
    assert.isFalse(second.more)
  })

  it("tells new mail before it goes on with old mail", () => {
    const world = SyncWorld.inMemory()
    for (const age of [3, 2, 1]) run(world, deliver({ receivedAt: world.now - age * day }))
    const { key } = sync(world, 1, wishing(inbox, null))
    const first = sync(world, 1, wishing(inbox, key, { maxItems: 1 }))
    run(world, deliver({ receivedAt: world.now }))
    const second = sync(world, 1, wishing(inbox, first.key, { maxItems: 2 }))
    assert.deepEqual(idsOf(second), [
      ["Add", MessageId(4)],
      ["Add", MessageId(2)]
    ])
  })

  it("tells one item however large it is, and no second one beyond the octets", () => {
    const world = SyncWorld.inMemory()
    for (const age of [2, 1]) run(world, deliver({ receivedAt: world.now - age * day, sizeBytes: 9_000 }))
    const { key } = sync(world, 1, wishing(inbox, null))
    const options = { ...anyOptions(null), maxItemBytes: 5_000 }
    const first = sync(world, 1, wishing(inbox, key, { options }), { maxBytes: 100 })
    assert.lengthOf(first.told, 1)
    assert.isTrue(first.more)
    const second = sync(world, 1, wishing(inbox, first.key), { maxBytes: 100 })
    assert.lengthOf(second.told, 1)
    assert.isFalse(second.more)
  })

  it("MS-ASCMD_R3458: fills folders in the order asked for, and leaves the others for the next request", () => {
    const world = SyncWorld.inMemory()
    for (const age of [2, 1]) run(world, deliver({ receivedAt: world.now - age * day }))
    run(world, deliver({ receivedAt: world.now }, "junk"))
    const junk = FolderId(5)
    const keys = [inbox, junk].map((folderId) => sync(world, 1, wishing(folderId, null)).key)
    const wishes = [wishing(inbox, keys[0] ?? null), wishing(junk, keys[1] ?? null)]
    const answers = Effect.runSync(synchronise(world, 1, wishes, { maxItems: 2 }))
    assert.deepEqual(
      answers.map((answer) => answer._tag === "Synced" && [answer.told.length, answer.more]),
      [
        [2, false],
        [0, true]
      ]
    )
  })
})

describe("a key", () => {
  it("stays as it is where nothing is new, and nothing is written", () => {
    const { world, key } = given(1)
    const { modSeq } = world.state
    const again = sync(world, 1, wishing(inbox, key))
    assert.strictEqual(again.key, key)
    assert.strictEqual(world.state.modSeq, modSeq)
  })

  it("is unknown where it was guessed, is another folder's or another device's, or is two keys old", () => {
    const { world, key } = given(1)
    run(world, flag(1))
    const second = sync(world, 1, wishing(inbox, key))
    run(world, flag(1, "\\Seen"))
    const third = sync(world, 1, wishing(inbox, second.key))
    const refusals = [
      [1, wishing(inbox, SyncKey("1-2-guess"))],
      [1, wishing(drafts, third.key)],
      [2, wishing(inbox, third.key)],
      [1, wishing(inbox, key)]
    ] as const
    for (const [device, wish] of refusals) {
      const [answer] = Effect.runSync(synchronise(world, device, [wish]))
      assert.deepEqual(answer, { _tag: "Refused", folderId: wish.folderId, reason: "UnknownKey" })
    }
  })

  it("of before is good until the next one comes back: the same request gets the same answer", () => {
    const { world, key } = given(2, 1)
    const wish = wishing(inbox, key, { changes: [read(1), draft("a")] })
    const first = sync(world, 1, wish)
    run(world, deliver({ receivedAt: world.now }))
    const { modSeq } = world.state
    for (const isFresh of [false, true]) {
      if (isFresh) Effect.runSync(world.restart)
      const again = sync(world, 1, wish)
      assert.deepEqual(again, { ...first, isReplay: true })
      assert.strictEqual(world.state.modSeq, modSeq)
    }
    assert.deepEqual(idsOf(sync(world, 1, wishing(inbox, first.key))), [["Add", MessageId(4)]])
  })

  it("a lost change of a message is told where another change of the same message comes without it", () => {
    const { world, key } = given(1)
    const flagging = {
      _tag: "Change",
      messageId: MessageId(1),
      addFlags: ["\\Flagged"],
      removeFlags: [],
      categories: null
    } as const
    sync(world, 1, wishing(inbox, key, { changes: [flagging] }))
    const again = sync(world, 1, wishing(inbox, key, { changes: [read(1)] }))
    assert.deepEqual(idsOf(again), [["Change", MessageId(1)]])
    assert.deepInclude(again.told[0], { flags: ["\\Flagged", "\\Seen"] })
  })

  it("of before with other changes does nothing twice and tells what is so now", () => {
    const { world, key } = given(2, 1)
    const changes = [draft("a"), { _tag: "Delete", messageId: MessageId(1), permanently: true }] as const
    const lost = sync(world, 1, wishing(inbox, key, { changes }))
    run(world, flag(2))
    const again = sync(world, 1, wishing(inbox, key, { changes: [...changes, draft("b")] }))
    assert.deepEqual(
      again.outcomes.map(({ status, messageId }) => [status, messageId]),
      [
        ["Applied", MessageId(3)],
        ["Applied", MessageId(1)],
        ["Applied", MessageId(4)]
      ]
    )
    assert.deepEqual(idsOf(again), [["Change", MessageId(2)]])
    assert.notStrictEqual(again.key, lost.key)
    assert.lengthOf(Effect.runSync(world.messages), 3)
  })

  it("of a request that was given up is followed by what it did", () => {
    const { world, key } = given(2, 1)
    const changes = [
      read(1),
      { _tag: "Delete", messageId: MessageId(2), permanently: true },
      draft("a")
    ] as const
    sync(world, 1, wishing(inbox, key, { changes }))
    const again = sync(world, 1, wishing(inbox, key))
    assert.deepEqual(idsOf(again), [
      ["Change", MessageId(1)],
      ["Delete", MessageId(2)],
      ["Add", MessageId(3)]
    ])
  })

  it("of two requests at once: both are answered, the later one stands", () => {
    const { world, key } = given(1)
    const first = sync(world, 1, wishing(inbox, key, { changes: [draft("a")] }))
    const second = sync(world, 1, wishing(inbox, key, { changes: [draft("a"), read(1)] }))
    assert.strictEqual(second.outcomes[0]?.messageId, first.outcomes[0]?.messageId)
    const [late] = Effect.runSync(synchronise(world, 1, [wishing(inbox, first.key)]))
    assert.strictEqual(late?._tag, "Refused")
    assert.strictEqual(sync(world, 1, wishing(inbox, second.key)).key, second.key)
  })

  it("from before a new begin is good until the new one is used", () => {
    const { world, key } = given(1)
    const begun = sync(world, 1, wishing(inbox, null))
    run(world, flag(1))
    assert.deepEqual(idsOf(sync(world, 1, wishing(inbox, key))), [["Change", MessageId(1)]])
    const [late] = Effect.runSync(synchronise(world, 1, [wishing(inbox, begun.key)]))
    assert.strictEqual(late?._tag, "Refused")
  })

  it("is forgotten where the device is reset", () => {
    const { world, key } = given(1)
    run(world, { _tag: "ResetDevice", deviceId: deviceId(1), folderId: inbox })
    for (const isFresh of [false, true]) {
      if (isFresh) Effect.runSync(world.restart)
      const [answer] = Effect.runSync(synchronise(world, 1, [wishing(inbox, key)]))
      assert.deepEqual(answer, { _tag: "Refused", folderId: inbox, reason: "UnknownKey" })
    }
  })

  it("of a folder that is gone says so", () => {
    const { world } = given()
    run(world, { _tag: "CreateFolder", name: "Trips", parentId: null })
    const { key } = sync(world, 1, wishing(FolderId(8), null))
    run(world, { _tag: "DeleteFolder", folderId: FolderId(8), permanently: true })
    const [answer] = Effect.runSync(synchronise(world, 1, [wishing(FolderId(8), key)]))
    assert.deepEqual(answer, { _tag: "Refused", folderId: FolderId(8), reason: "NoFolder" })
  })
})

describe("a device's own changes", () => {
  it("are not told to it, but to the others, and wake no Ping of it", () => {
    const { world, key } = given(1)
    const other = sync(world, 2, wishing(inbox, sync(world, 2, wishing(inbox, null)).key))
    const answer = sync(world, 1, wishing(inbox, key, { changes: [read(1)], tell: false }))
    assert.deepEqual(idsOf(sync(world, 1, wishing(inbox, answer.key))), [])
    assert.deepEqual(idsOf(sync(world, 2, wishing(inbox, other.key))), [["Change", MessageId(1)]])
    const { sync: looked } = run(world, { _tag: "LookUpDevice", deviceId: deviceId(1), folderIds: [inbox] })
    const [known] = answerOf(looked, "Device").device.collections
    assert.isFalse(known?.isBehind)
    assert.strictEqual(known?.modSeq, world.state.folders.get(inbox)?.highestModSeq)
  })

  it("that delete go to Deleted Items, which the device is told; from there for good", () => {
    const { world, key } = given(1)
    const there = sync(world, 1, wishing(deletedItems, null))
    const change = { _tag: "Delete", messageId: MessageId(1), permanently: false } as const
    const wishes = [wishing(inbox, key, { changes: [change] }), wishing(deletedItems, there.key)]
    const [, second] = Effect.runSync(synchronise(world, 1, wishes))
    assert.deepEqual(second?._tag === "Synced" && idsOf(second), [["Add", MessageId(1)]])
    const key2 = second?._tag === "Synced" ? second.key : null
    sync(world, 1, wishing(deletedItems, key2, { changes: [change] }))
    assert.deepEqual(Effect.runSync(world.messages), [])
  })

  it("MS-ASCMD_R2066: lose against those of others, which are told, unless the client wins", () => {
    for (const [conflict, status, flags] of [
      ["server", "Conflict", ["\\Flagged"]],
      ["client", "Applied", ["\\Flagged", "\\Seen"]]
    ] as const) {
      const { world, key } = given(1)
      run(world, flag(1))
      const options = { ...anyOptions(null), conflict }
      const answer = sync(world, 1, wishing(inbox, key, { options, changes: [read(1)] }))
      assert.strictEqual(answer.outcomes[0]?.status, status)
      assert.deepEqual(answer.told, [
        { op: "Change", id: MessageId(1), flags, categories: [], changed: ["flag"] }
      ])
    }
  })

  it("of a message that is gone fail alone", () => {
    const { world, key } = given(2, 1)
    run(world, { _tag: "ExpungeMessages", messageIds: [MessageId(1)] })
    const answer = sync(world, 1, wishing(inbox, key, { changes: [read(1), read(2)] }))
    assert.deepEqual(
      answer.outcomes.map(({ status }) => status),
      ["NotFound", "Applied"]
    )
    assert.deepEqual(idsOf(answer), [["Delete", MessageId(1)]])
  })

  it("cannot touch what the same request makes", () => {
    const { world, key } = given(1)
    const answer = sync(world, 1, wishing(inbox, key, { changes: [draft("a"), read(2)] }))
    assert.deepEqual(
      answer.outcomes.map(({ status }) => status),
      ["Applied", "NotFound"]
    )
  })

  it("of a draft's text make it another message, which is told", () => {
    const { world } = given()
    const { key } = sync(world, 1, wishing(drafts, null))
    const made = sync(world, 1, wishing(drafts, key, { changes: [draft("a")] }))
    const { content } = { content: newMessage({ checksum: "b", receivedAt: world.now }) }
    const replaced = sync(
      world,
      1,
      wishing(drafts, made.key, {
        changes: [{ _tag: "Replace", messageId: MessageId(1), content, flags: ["\\Draft"], categories: [] }]
      })
    )
    assert.deepEqual(replaced.outcomes[0], {
      _tag: "Replace",
      status: "Applied",
      messageId: MessageId(2),
      clientId: null
    })
    assert.sameDeepMembers(
      [...idsOf(replaced)],
      [
        ["Delete", MessageId(1)],
        ["Add", MessageId(2)]
      ]
    )
  })

  it("with a follow-up are \\Flagged, and no longer when it is done", () => {
    const { world, key } = given(1)
    const followUp = { status: 2, type: "Call", dueDate: world.now + day } as const
    const planned = (now: FollowUp): DeviceChange<NewMessage> => ({
      _tag: "Change",
      messageId: MessageId(1),
      addFlags: [],
      removeFlags: [],
      categories: null,
      followUp: now
    })
    const first = sync(world, 1, wishing(inbox, key, { changes: [planned(followUp)] }))
    assert.deepInclude(Effect.runSync(world.messages)[0], { flags: ["\\Flagged"], followUp })
    const done = { status: 1, dateCompleted: world.now } as const
    sync(world, 1, wishing(inbox, first.key, { changes: [planned(done)] }))
    assert.deepInclude(Effect.runSync(world.messages)[0], { flags: [], followUp: done })
    run(world, flag(1))
    assert.notProperty(Effect.runSync(world.messages)[0], "followUp")
  })
})

describe("a filter", () => {
  it("MS-ASCMD_R3967: makes what leaves it a SoftDelete, as days pass or when it is narrowed", () => {
    const { world, key } = given(9, 4, 2)
    const narrow = sync(world, 1, wishing(inbox, key, { options: anyOptions(7) }))
    assert.deepEqual(idsOf(narrow), [["SoftDelete", MessageId(1)]])
    world.now += 4 * day
    const later = sync(world, 1, wishing(inbox, narrow.key))
    assert.deepEqual(idsOf(later), [["SoftDelete", MessageId(2)]])
  })

  it("that is widened adds what comes in, newest first, in windows, and nothing twice", () => {
    const { world, key } = given(9, 4, 2)
    const narrow = sync(world, 1, wishing(inbox, key, { options: anyOptions(3) }))
    const wide = sync(world, 1, wishing(inbox, narrow.key, { options: anyOptions(null), maxItems: 1 }))
    assert.deepEqual(idsOf(wide), [["Add", MessageId(2)]])
    const rest = sync(world, 1, wishing(inbox, wide.key))
    assert.deepEqual(idsOf(rest), [["Add", MessageId(1)]])
    assert.isFalse(rest.more)
  })

  it("leaves old mail alone that is moved into the folder", () => {
    const { world, key } = given(9)
    const narrow = sync(world, 1, wishing(inbox, key, { options: anyOptions(3) }))
    run(world, { _tag: "MoveMessages", messageIds: [MessageId(1)], toFolderId: drafts })
    run(world, { _tag: "MoveMessages", messageIds: [MessageId(1)], toFolderId: inbox })
    assert.deepEqual(idsOf(sync(world, 1, wishing(inbox, narrow.key))), [])
  })
})

describe("an estimate", () => {
  it("is what a Sync tells that has room for all", () => {
    const { world, key } = given(9, 5, 4, 1)
    run(world, flag(1))
    run(world, flag(2))
    run(world, deliver({ receivedAt: world.now }))
    run(world, { _tag: "MoveMessages", messageIds: [MessageId(4)], toFolderId: drafts })
    for (const days of [null, 3, 7]) {
      const options = anyOptions(days)
      const { sync: answer } = run(
        world,
        { _tag: "Estimate", deviceId: deviceId(1), folderId: inbox, key, options },
        originOf(1)
      )
      const { items } = answerOf(answer, "Estimate")
      const told = sync(world, 1, wishing(inbox, key, { options }))
      assert.strictEqual(items, told.told.length, `${days} days`)
    }
  })

  it("is none for an unknown key", () => {
    const { world } = given(1)
    const { sync: answer } = run(world, {
      _tag: "Estimate",
      deviceId: deviceId(1),
      folderId: inbox,
      key: SyncKey("x"),
      options: null
    })
    assert.isNull(answerOf(answer, "Estimate").items)
  })
})
