import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import type { Command } from "../../../../src/domain/Command.ts"
import { FolderId, MessageId, type SyncKey } from "../../../../src/domain/ids.ts"
import { deliver } from "../../../support/domain.ts"
import {
  answerOf,
  anyOptions,
  deviceId,
  idsOf,
  originOf,
  type Synced,
  SyncWorld,
  sync,
  wishing
} from "../../../support/syncWorld.ts"

const inbox = FolderId(1)
const deletedItems = FolderId(4)
const day = 86_400_000
const week = anyOptions(7)

const run = (world: SyncWorld, command: Command, origin = "imap") =>
  Effect.runSync(world.run(command, origin))

/** A message of a conversation, some days old. */
const come = (world: SyncWorld, topic: string, age: number) =>
  run(world, deliver({ topic, receivedAt: world.now - age * day }))

/** A phone that has what it wants of: 1 and 2 of a talk that goes on, 3 of one that is over. 4 is the talk's newest. */
const given = (conversations = true) => {
  const world = new Phone()
  for (const [topic, age] of [
    ["talk", 30],
    ["talk", 20],
    ["over", 10],
    ["talk", 1]
  ] as const)
    come(world.world, topic, age)
  world.begin()
  world.ask({ options: week, conversations })
  return world
}

/** One device, with its key. */
class Phone {
  readonly world = SyncWorld.inMemory()
  readonly items = new Set<number>()
  key: SyncKey | null = null

  begin(): void {
    this.key = sync(this.world, 1, wishing(inbox, null)).key
  }

  ask(rest: Parameters<typeof wishing>[2] = {}): Synced {
    const answer = sync(this.world, 1, wishing(inbox, this.key, rest))
    this.key = answer.key
    for (const { op, id } of answer.told) {
      if (op === "Delete" || op === "SoftDelete") assert.isTrue(this.items.delete(id), `${op} of ${id}`)
      else if (op === "Add") assert.isFalse(this.items.has(id), `${id} twice`)
      if (op === "Add") this.items.add(id)
    }
    return answer
  }

  get has(): ReadonlyArray<number> {
    return [...this.items].sort()
  }

  estimate(days: number | null, conversations?: boolean): number | null {
    const answer = run(
      this.world,
      {
        _tag: "Estimate",
        deviceId: deviceId(1),
        folderId: inbox,
        key: this.key ?? assert.fail("no key"),
        options: anyOptions(days),
        ...(conversations === undefined ? {} : { conversations })
      },
      originOf(1)
    )
    return answerOf(answer.sync, "Estimate").items
  }
}

const move = (...ids: ReadonlyArray<number>): Command => ({
  _tag: "MoveMessages",
  messageIds: ids.map((id) => MessageId(id)),
  toFolderId: deletedItems
})

describe("a filter that keeps conversations whole", () => {
  it("MS-ASCMD_R2107/R2110: brings older messages of conversations that have one in the filter", () => {
    assert.deepEqual(given().has, [1, 2, 4])
    assert.deepEqual(given(false).has, [4])
  })

  it("stays until it is taken back, whatever other options come, and is taken back then", () => {
    const phone = given()
    phone.ask({ options: anyOptions(14) })
    assert.deepEqual(phone.has, [1, 2, 3, 4])
    assert.deepEqual(phone.ask().told, [])
    phone.ask({ conversations: false })
    assert.deepEqual(phone.has, [3, 4])
    assert.isFalse(phone.ask().more)
  })

  it("is told in windows; what did not fit waits, and is reason to ask", () => {
    const phone = new Phone()
    for (const age of [40, 30, 20, 1]) come(phone.world, "talk", age)
    phone.begin()
    const answers = [
      phone.ask({ options: week, conversations: true, maxItems: 2 }),
      phone.ask({ maxItems: 1 }),
      phone.ask({ maxItems: 1 })
    ]
    assert.deepEqual(
      answers.map((answer) => [idsOf(answer).map(([, id]) => id), answer.more]),
      [
        [[4, 3], true],
        [[2], true],
        [[1], false]
      ]
    )
    phone.ask({ conversations: false, maxItems: 2 })
    assert.lengthOf(phone.has, 2)
    phone.ask({ maxItems: 2 })
    assert.deepEqual(phone.has, [4])
  })

  it("a new message brings the old ones of its conversation", () => {
    const phone = given()
    come(phone.world, "over", 0)
    phone.ask()
    assert.deepEqual(phone.has, [1, 2, 3, 4, 5])
  })

  it("changes and removals of older messages are told", () => {
    const phone = given()
    run(phone.world, {
      _tag: "ChangeFlags",
      messageIds: [MessageId(1), MessageId(3)],
      addFlags: ["\\Seen"],
      removeFlags: [],
      addCategories: [],
      removeCategories: []
    })
    assert.deepEqual(idsOf(phone.ask()), [["Change", MessageId(1)]])
    run(phone.world, move(2))
    assert.deepEqual(idsOf(phone.ask()), [["Delete", MessageId(2)]])
  })

  it("MS-ASCMD_R3967: where the last message in the filter goes, the older ones are taken back", () => {
    const phone = given()
    run(phone.world, move(4))
    phone.ask()
    assert.deepEqual(phone.has, [])
  })

  it("as days pass a message stays for its conversation's sake, and goes with the conversation", () => {
    const phone = given()
    come(phone.world, "talk", 0)
    phone.ask()
    phone.world.now += 6.5 * day
    assert.deepEqual(phone.ask().told, [])
    assert.deepEqual(phone.has, [1, 2, 4, 5])
    phone.world.now += 2 * day
    phone.ask()
    assert.deepEqual(phone.has, [])
    assert.isFalse(phone.ask().more)
  })

  it("a wider filter brings what is missing, once", () => {
    const phone = given()
    phone.ask({ options: anyOptions(null) })
    assert.deepEqual(phone.has, [1, 2, 3, 4])
    phone.ask({ options: week })
    assert.deepEqual(phone.has, [1, 2, 4])
  })

  it("MS-ASCON_R211, MS-ASCMD_R2096/R2097: an estimate counts what would be told", () => {
    const phone = given(false)
    assert.deepEqual([phone.estimate(7), phone.estimate(7, true), phone.estimate(7, false)], [0, 2, 0])
    phone.ask({ conversations: true })
    assert.deepEqual([phone.estimate(7), phone.estimate(7, false), phone.estimate(14)], [0, 2, 1])
    // 2 and 4 leave the range and stay; nothing changes for the device.
    come(phone.world, "talk", 0)
    phone.world.now += 6.5 * day
    assert.strictEqual(phone.estimate(7), 1)
  })
})
