import { Effect } from "effect"
import fc from "fast-check"
import type { Command } from "../../src/domain/Command.ts"
import type { Flag } from "../../src/domain/Flags.ts"
import { FolderId, type MessageId } from "../../src/domain/ids.ts"
import type { NewMessage, StoredMessage } from "../../src/domain/Message.ts"
import type { CollectionWish, DeviceChange } from "../../src/domain/sync/Synchronise.ts"
import { deliver, newMessage } from "./domain.ts"
import { SyncDevice } from "./syncDevice.ts"
import { anyOptions, type SyncWorld, wishing } from "./syncWorld.ts"

const hour = 3_600_000

/** One thing that happens; what it names is looked up in the world when it does. */
export interface Step {
  readonly kind:
    | "deliver"
    | "flags"
    | "move"
    | "copy"
    | "expunge"
    | "empty"
    | "makeFolder"
    | "removeFolder"
    | "wait"
    | "restart"
    | "sync"
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly isOn: boolean
  readonly fate: "taken" | "lost"
  readonly changes: ReadonlyArray<{ readonly kind: number; readonly n: number; readonly m: number }>
}

const kinds: ReadonlyArray<Step["kind"]> = [
  "deliver",
  "deliver",
  "flags",
  "move",
  "copy",
  "expunge",
  "empty",
  "makeFolder",
  "removeFolder",
  "wait",
  "restart",
  "sync",
  "sync",
  "sync",
  "sync",
  "sync"
]

const small = fc.nat(999)
export const anyStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  a: small,
  b: small,
  c: small,
  d: small,
  isOn: fc.boolean(),
  fate: fc.constantFrom("taken" as const, "taken" as const, "lost" as const),
  changes: fc.array(fc.record({ kind: fc.nat(5), n: small, m: small }), { maxLength: 3 })
})

const flags: ReadonlyArray<Flag> = ["\\Seen", "\\Flagged", "\\Answered"]
const pick = <A>(values: ReadonlyArray<A>, n: number): A | undefined => values[n % Math.max(1, values.length)]

/** Three phones and the rest of the world at one mailbox. */
export class Story {
  private readonly devices: ReadonlyArray<SyncDevice>
  private readonly world: SyncWorld
  private texts = 0

  constructor(world: SyncWorld) {
    this.world = world
    this.devices = [1, 2, 3].map((n) => new SyncDevice(world, n))
  }

  readonly run = Effect.fnUntraced(
    function* (this: Story, step: Step) {
      if (step.kind === "wait") this.world.now += step.a * 600_000
      else if (step.kind === "restart") yield* this.world.restart
      else if (step.kind === "sync") yield* this.sync(step)
      else {
        const command = this.mail(step, yield* this.world.messages)
        if (command !== undefined) yield* this.world.run(command, "imap")
      }
    }.bind(this)
  )

  /** What somebody else does. */
  private mail({ kind, a, b, c, isOn }: Step, messages: ReadonlyArray<StoredMessage>): Command | undefined {
    const folderId = pick([...this.world.state.folders.keys()], b) ?? FolderId(1)
    const receivedAt = this.world.now - a * hour
    if (kind === "deliver") {
      const topic = pick(["", "lunch", "dinner"], c) ?? ""
      const envelope = { ...newMessage().envelope, subject: `Re: ${topic}` }
      return deliver({ receivedAt, sizeBytes: b * 10, topic, envelope })
    }
    if (kind === "empty") return { _tag: "EmptyFolder", folderId, permanently: isOn }
    if (kind === "makeFolder") {
      return { _tag: "CreateFolder", name: this.world.nonce(), parentId: null }
    }
    if (kind === "removeFolder") {
      const isMeant = b > 800 && folderId > 7
      return isMeant ? { _tag: "DeleteFolder", folderId, permanently: true } : undefined
    }
    const message = pick(messages, a)
    if (message === undefined) return undefined
    const messageIds = [message.id]
    if (kind === "move") return { _tag: "MoveMessages", messageIds, toFolderId: folderId }
    if (kind === "copy") return { _tag: "CopyMessages", messageIds, toFolderId: folderId }
    if (kind === "expunge") return { _tag: "ExpungeMessages", messageIds }
    return changeFlags(message.id, { n: b, isOn })
  }

  private sync({ a, b, c, d, isOn, fate, changes }: Step) {
    const device = this.devices[a % 3]
    if (device === undefined) return Effect.void
    const folders = [...this.world.state.folders.keys(), ...device.folders.keys()]
    const wanted = [...new Set([pick(folders, b), pick(folders, c), FolderId(1)])].flatMap((id) => id ?? [])
    const wishes = wanted.map((folderId, index): CollectionWish<NewMessage> => {
      const kept = device.folder(folderId)
      if (kept.key === null) return wishing(folderId, null)
      const isAgain = kept.pending.length > 0 && d % 3 > 0
      const own = index === 0 ? this.changesOf(device, folderId, changes) : []
      return wishing(folderId, kept.key, {
        options: d % 5 === 0 ? anyOptions([null, 1, 3, 7, 14][c % 5] ?? null) : null,
        ...conversationsOf({ d, isOn }),
        tell: isOn || d % 4 > 0,
        maxItems: 1 + (c % 6),
        changes: isAgain ? [...kept.pending, ...(d % 3 === 1 ? own : [])] : own
      })
    })
    return device.ask(wishes, { isLost: fate === "lost", maxItems: 1 + (b % 9) })
  }

  private changesOf(
    device: SyncDevice,
    folderId: FolderId,
    changes: Step["changes"]
  ): ReadonlyArray<DeviceChange<NewMessage>> {
    const items = [...device.folder(folderId).items.keys()]
    return changes.flatMap((change) => {
      if (change.kind > 3) return [this.add(change)]
      const messageId = pick(items, change.n)
      return messageId === undefined ? [] : [this.changeOf(messageId, change)]
    })
  }

  private add({ n, m }: Step["changes"][number]): DeviceChange<NewMessage> {
    const receivedAt = this.world.now - (m % 3 === 0 ? n * hour : 0)
    const content = newMessage({ receivedAt, sizeBytes: m, checksum: String(++this.texts) })
    return { _tag: "Add", clientId: `c${this.texts}`, content, flags: ["\\Draft"], categories: [] }
  }

  private changeOf(messageId: MessageId, { kind, n, m }: Step["changes"][number]): DeviceChange<NewMessage> {
    if (kind === 2) return { _tag: "Delete", messageId, permanently: m % 2 === 0 }
    if (kind === 3) {
      const content = newMessage({ receivedAt: this.world.now, checksum: String(++this.texts) })
      return { _tag: "Replace", messageId, content, flags: ["\\Draft"], categories: [] }
    }
    const flag = pick(flags, n + m) ?? "\\Seen"
    return {
      _tag: "Change",
      messageId,
      addFlags: kind === 0 ? [flag] : [],
      removeFlags: kind === 0 ? [] : [flag],
      categories: m % 4 === 0 ? ["red"] : null
    }
  }

  /** Nothing happens any more; everybody syncs. */
  readonly end = Effect.suspend(() => this.settleAll())

  private readonly settleAll = Effect.fnUntraced(
    function* (this: Story) {
      for (const device of this.devices) {
        for (const folderId of [...device.folders.keys()]) yield* device.settle(folderId)
        const messages = yield* this.world.messages
        for (const folderId of device.folders.keys()) device.check(folderId, messages)
      }
    }.bind(this)
  )
}

/** Now and then a phone says whether it wants conversations whole. */
const conversationsOf = ({ d, isOn }: Pick<Step, "d" | "isOn">): { readonly conversations?: boolean } =>
  d % 7 === 0 ? { conversations: isOn } : {}

const changeFlags = (id: MessageId, { n, isOn }: { readonly n: number; readonly isOn: boolean }): Command => {
  const flag = pick(flags, n) ?? "\\Seen"
  return {
    _tag: "ChangeFlags",
    messageIds: [id],
    addFlags: isOn ? [flag] : [],
    removeFlags: isOn ? [] : [flag],
    addCategories: n % 5 === 0 ? ["blue"] : [],
    removeCategories: n % 5 === 1 ? ["blue"] : []
  }
}
