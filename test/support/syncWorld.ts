import { Effect, Exit } from "effect"
import { decideBatch } from "../../src/actors/mailbox/batch.ts"
import { makeCursorCache } from "../../src/actors/mailbox/CursorCache.ts"
import { load } from "../../src/actors/mailbox/loading.ts"
import type { Command, SyncAnswer } from "../../src/domain/Command.ts"
import {
  DeviceId,
  Epoch,
  type FolderId,
  type MailboxId,
  type MessageId,
  type SyncKey
} from "../../src/domain/ids.ts"
import type { NewMessage } from "../../src/domain/Message.ts"
import { defaultMailboxLimits, type MailboxState } from "../../src/domain/mailbox/State.ts"
import type { SyncOptions } from "../../src/domain/sync/Cursor.ts"
import type { CollectionWish, DeviceChange, SyncedCollection } from "../../src/domain/sync/Synchronise.ts"
import type { Claimed, MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import { asking } from "./actors.ts"
import { mailboxId } from "./domain.ts"
import { makeMemory } from "./mailboxStoreMemory.ts"

const epoch = Epoch(1)

/** A mailbox and its actor's thinking without its fibers: every command is loaded for, decided and committed at once. */
export class SyncWorld {
  cache = makeCursorCache()
  /** Epoch milliseconds. */
  now = 1_790_000_000_000
  state: MailboxState
  /** Conversations, where the store tells. */
  threads: ReadonlyMap<MessageId, string> = new Map()
  private nonces = 0
  private readonly store: MailboxStore["Type"]

  private claim: number

  private constructor(store: MailboxStore["Type"], { claim, ...state }: Claimed) {
    this.store = store
    this.state = state
    this.claim = claim
  }

  static readonly on = (store: MailboxStore["Type"], id: MailboxId) =>
    Effect.gen(function* () {
      const world = new SyncWorld(store, yield* store.activate(id, epoch))
      yield* world.run({ _tag: "CreateMailbox" }, "test")
      return world
    })

  static readonly inMemory = (settings: { readonly maxEntries?: number } = {}): SyncWorld => {
    const threads = new Map<MessageId, string>()
    const world = Effect.runSync(SyncWorld.on(makeMemory([mailboxId], { ...settings, threads }), mailboxId))
    world.threads = threads
    return world
  }

  readonly run = Effect.fnUntraced(
    function* (this: SyncWorld, command: Command, origin: string) {
      const { store, state, cache, now } = this
      const asks = [asking(command, { mailboxId: state.mailboxId, origin })]
      const settings = { maxBatch: 1, maxDefects: 1, limits: defaultMailboxLimits }
      const loaded = yield* load({ store, settings }, { state, cursors: cache }, { asks, now })
      const { commit, after, outcomes } = decideBatch(state, asks, {
        ...loaded,
        limits: defaultMailboxLimits,
        now,
        epoch,
        claim: this.claim
      })
      if (commit !== null) {
        yield* store.commit(commit)
        for (const { deviceId, folderId } of commit.resets) cache.forget(deviceId, folderId)
        cache.put(commit.cursors.map(({ cursor }) => cursor))
      }
      this.state = after
      return yield* outcomes[0] ?? Exit.die("no outcome")
    }.bind(this)
  )

  /** The actor leaves memory and comes back. */
  readonly restart = Effect.suspend(() => {
    this.cache = makeCursorCache()
    return Effect.map(this.store.activate(this.state.mailboxId, epoch), ({ claim, ...state }) => {
      this.state = state
      this.claim = claim
    })
  })

  readonly messages = Effect.suspend(() => {
    const folderIds = [...this.state.folders.keys()]
    const all = { _tag: "Folders", folderIds, unseenOnly: false } as const
    return this.store.select(this.state.mailboxId, all, 10_000)
  })

  nonce(): string {
    return `nonce${++this.nonces}`
  }
}

export const deviceId = (n: number): DeviceId => DeviceId(`device${n}`)
export const originOf = (n: number): string => `eas:device${n}`

export const anyOptions = (days: number | null): SyncOptions => ({
  days,
  conflict: "server",
  maxItemBytes: 1_000,
  other: null
})

/** A wish with the usual values. */
export const wishing = (
  folderId: FolderId,
  key: SyncKey | null,
  rest: Partial<CollectionWish<NewMessage>> = {}
): CollectionWish<NewMessage> => ({
  folderId,
  key,
  options: null,
  tell: true,
  maxItems: 100,
  changes: [],
  ...rest
})

export const digestOf = ({ key: _key, changes, ...rest }: CollectionWish<NewMessage>): string =>
  JSON.stringify({ ...rest, changes: changes.map(withoutContent) })

const withoutContent = (change: DeviceChange<NewMessage>) =>
  "content" in change ? { ...change, content: change.content.checksum } : change

export const synchronise = Effect.fnUntraced(function* (
  world: SyncWorld,
  device: number,
  collections: ReadonlyArray<CollectionWish<NewMessage>>,
  { maxItems = 1_000, maxBytes = 1_000_000 }: { readonly maxItems?: number; readonly maxBytes?: number } = {}
) {
  const command: Command = {
    _tag: "Synchronise",
    wish: { deviceId: deviceId(device), collections, maxItems, maxBytes, keep: null },
    digests: collections.map(digestOf),
    nonce: world.nonce()
  }
  const { sync } = yield* world.run(command, originOf(device))
  return answerOf(sync, "Collections").collections
})

export const answerOf = <Tag extends SyncAnswer["_tag"]>(
  answer: SyncAnswer | undefined,
  tag: Tag
): Extract<SyncAnswer, { readonly _tag: Tag }> => {
  if (answer === undefined || !isOf(answer, tag)) throw new Error(`not a ${tag} answer`)
  return answer
}

const isOf = <Tag extends SyncAnswer["_tag"]>(
  answer: SyncAnswer,
  tag: Tag
): answer is Extract<SyncAnswer, { readonly _tag: Tag }> => answer._tag === tag

export type Synced = Extract<SyncedCollection, { readonly _tag: "Synced" }>

/** One collection, which must be answered. */
export const sync = (
  world: SyncWorld,
  device: number,
  wish: CollectionWish<NewMessage>,
  room: { readonly maxItems?: number; readonly maxBytes?: number } = {}
): Synced => {
  const [answer] = Effect.runSync(synchronise(world, device, [wish], room))
  if (answer?._tag !== "Synced") throw new Error(`refused: ${JSON.stringify(answer)}`)
  return answer
}

export const idsOf = ({ told }: Synced): ReadonlyArray<readonly [string, MessageId]> =>
  told.map(({ op, id }) => [op, id])
