import { type ConfigError, Effect, Layer, Stream } from "effect"
import { Router, type Wake } from "../../../src/actors/mailbox/MailboxProtocol.ts"
import type { Change, JournalEntry } from "../../../src/domain/Change.ts"
import { CursorExpired, NotFound, Unauthenticated } from "../../../src/domain/errors.ts"
import type { Folder } from "../../../src/domain/Folder.ts"
import {
  CorrelationId,
  FolderId,
  MailboxId,
  MessageId,
  ModSeq,
  TenantId,
  Uid
} from "../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../src/domain/Message.ts"
import { emptyState, type MailboxState } from "../../../src/domain/mailbox/State.ts"
import { Identity } from "../../../src/identity/Identity.ts"
import { Passwords } from "../../../src/identity/Passwords.ts"
import type { Principal, UserPrincipal } from "../../../src/identity/Principal.ts"
import { Intake, RecipientRefused } from "../../../src/pipeline/Intake.ts"
import { MimeReader } from "../../../src/protocols/mime/MimeReader.ts"
import type { Admin } from "../../../src/rpc/Admin.ts"
import * as AdminLive from "../../../src/rpc/AdminLive.ts"
import type { Call } from "../../../src/rpc/Call.ts"
import type { Cluster } from "../../../src/rpc/Cluster.ts"
import * as ClusterLive from "../../../src/rpc/ClusterLive.ts"
import type { Core } from "../../../src/rpc/Core.ts"
import * as CoreLive from "../../../src/rpc/CoreLive.ts"
import type { Devices } from "../../../src/rpc/Devices.ts"
import * as DevicesLive from "../../../src/rpc/DevicesLive.ts"
import * as GuardLive from "../../../src/rpc/GuardLive.ts"
import type { Indexes } from "../../../src/rpc/Indexes.ts"
import * as IndexesLive from "../../../src/rpc/IndexesLive.ts"
import type { People } from "../../../src/rpc/People.ts"
import * as PeopleLive from "../../../src/rpc/PeopleLive.ts"
import type { Queues } from "../../../src/rpc/Queues.ts"
import * as QueuesLive from "../../../src/rpc/QueuesLive.ts"
import type { Sync } from "../../../src/rpc/Sync.ts"
import * as SyncLive from "../../../src/rpc/SyncLive.ts"
import type { Upkeep } from "../../../src/rpc/Upkeep.ts"
import * as UpkeepLive from "../../../src/rpc/UpkeepLive.ts"
import { Acl, type Grant } from "../../../src/storage/acl/Acl.ts"
import { Audit, type AuditEvent } from "../../../src/storage/audit/Audit.ts"
import { BlobStore } from "../../../src/storage/blobs/BlobStore.ts"
import { Rebalances } from "../../../src/storage/cluster/Rebalances.ts"
import { ShardEpochs } from "../../../src/storage/cluster/ShardEpochs.ts"
import { ShardMap } from "../../../src/storage/cluster/ShardMap.ts"
import { makeShardMapMemory } from "../../../src/storage/cluster/ShardMapMemory.ts"
import { ShardReports } from "../../../src/storage/cluster/ShardReports.ts"
import { ContentStore } from "../../../src/storage/contents/ContentStore.ts"
import { DeviceStore } from "../../../src/storage/devices/DeviceStore.ts"
import { Directory } from "../../../src/storage/directory/Directory.ts"
import { Ledger } from "../../../src/storage/ledger/Ledger.ts"
import { MailboxReader } from "../../../src/storage/mailbox/MailboxReader.ts"
import { Quarantine } from "../../../src/storage/mailbox/Quarantine.ts"
import { NotifyTargets } from "../../../src/storage/notify/NotifyTargets.ts"
import { AddressBook } from "../../../src/storage/people/AddressBook.ts"
import { BlobReferences } from "../../../src/storage/reconcile/BlobReferences.ts"
import { Retention } from "../../../src/storage/retention/Retention.ts"
import { Search } from "../../../src/storage/search/Search.ts"
import { SearchUpkeep } from "../../../src/storage/search/SearchUpkeep.ts"
import { type DeadLetter, Streams } from "../../../src/storage/streams/Streams.ts"
import { ThreadMoves } from "../../../src/storage/threads/ThreadMoves.ts"
import { mailboxId, tenantId } from "../../support/alice.ts"
import { countTwin, listTwin } from "../../support/listTwin.ts"

export const tenantA = tenantId
export const tenantB = TenantId("bbbbbbbb-0000-4000-8000-000000000000")
export const alice = mailboxId
export const bob = MailboxId("aaaaaaaa-0000-4000-8000-000000000002")
export const mallory = MailboxId("bbbbbbbb-0000-4000-8000-000000000001")
export const inbox = FolderId(1)
export const secret = FolderId(2)

const user = (
  mailboxId: MailboxId,
  tenantId: TenantId,
  roles: UserPrincipal["roles"] = ["user"]
): UserPrincipal => ({
  _tag: "User",
  mailboxId,
  tenantId,
  address: `${mailboxId}@example.test`,
  roles
})

export const principals = {
  alice: user(alice, tenantA),
  bob: user(bob, tenantA),
  mallory: user(mallory, tenantB),
  admin: user(bob, tenantA, ["admin"]),
  support: user(bob, tenantA, ["support"]),
  operator: { _tag: "Operator" },
  service: { _tag: "Service", name: "worker-ingest" }
} as const satisfies Record<string, Principal>

export const calling = (principal: Principal): Call => ({
  principal,
  correlationId: CorrelationId("test"),
  remote: "192.0.2.1",
  origin: "test"
})

const folder = (id: FolderId, name: string): Folder => ({
  id,
  parentId: null,
  name,
  role: id === inbox ? "inbox" : "user",
  uidValidity: 1,
  uidNext: Uid(1),
  total: 0,
  unread: 0,
  sizeBytes: 0,
  highestModSeq: ModSeq(0)
})

export const added = (n: number, folderId: FolderId = inbox): Change => ({
  _tag: "MessageAdded",
  messageId: MessageId(n),
  folderId,
  uid: Uid(n),
  flags: [],
  categories: [],
  sizeBytes: 1
})

/** A mailbox in memory whose journal grows when told. */
export interface FakeMailbox {
  readonly entries: Array<JournalEntry>
  readonly watchers: Set<(wake: Wake) => void>
  readonly messages: Map<number, MessageSummary>
  /** Commits changes and wakes the watchers, as an actor does. */
  readonly grow: (...changes: ReadonlyArray<Change>) => void
}

const makeMailbox = (): FakeMailbox => {
  const entries: Array<JournalEntry> = []
  const watchers = new Set<(wake: Wake) => void>()
  return {
    entries,
    watchers,
    messages: new Map(),
    grow: (...changes) => {
      for (const change of changes) {
        entries.push({ modSeq: ModSeq(entries.length + 1), change, origin: "test", at: 0 })
      }
      for (const wake of watchers)
        wake({ modSeq: ModSeq(entries.length), folders: null, isOfHierarchy: true, spans: [] })
    }
  }
}

export interface World {
  readonly mailboxes: Map<MailboxId, FakeMailbox>
  readonly audited: Array<AuditEvent>
  readonly grants: Map<MailboxId, ReadonlyArray<Grant>>
  readonly deadLetters: Array<DeadLetter>
  readonly shardMap: typeof ShardMap.Service
  /** Tasks replayed and dropped. */
  readonly operated: Array<string>
  /** Run inside each read of the journal; tests put races there. */
  onJournal: Effect.Effect<void>
  /** Run inside `Router.state`; tests put defects and waits there. */
  onState: Effect.Effect<void>
  readonly box: (id: MailboxId) => FakeMailbox
}

export const makeWorld = (): World => {
  const mailboxes = new Map([alice, bob, mallory].map((id) => [id, makeMailbox()]))
  return {
    mailboxes,
    audited: [],
    grants: new Map(),
    deadLetters: [],
    shardMap: makeShardMapMemory().shardMap,
    operated: [],
    onJournal: Effect.void,
    onState: Effect.void,
    box: (id) => mailboxes.get(id) ?? makeMailbox()
  }
}

const unused = () => Effect.dieMessage("not part of the fake")

const router = (world: World) =>
  Layer.succeed(Router, {
    ask: ({ mailboxId }) =>
      Effect.sync(() => ({
        modSeq: ModSeq(world.box(mailboxId).entries.length),
        changes: [],
        missing: [],
        more: false,
        duplicate: false
      })),
    state: (mailboxId) =>
      Effect.flatMap(
        Effect.suspend(() => world.onState),
        (): Effect.Effect<MailboxState, NotFound> => {
          const box = world.mailboxes.get(mailboxId)
          if (box === undefined) return Effect.fail(new NotFound({ what: "mailbox" }))
          return Effect.succeed({
            ...emptyState(mailboxId),
            modSeq: ModSeq(box.entries.length),
            folders: new Map([
              [inbox, folder(inbox, "Inbox")],
              [secret, folder(secret, "Secret")]
            ])
          })
        }
      ),
    listen: (mailboxId, beyond, wake) => Effect.sync(() => listenTo(world.box(mailboxId), beyond, wake)),
    watch: (mailboxId, beyond, wake) =>
      Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => listenTo(world.box(mailboxId), beyond, wake)),
          (remove) => Effect.sync(remove)
        )
      )
  })

const listenTo = (box: FakeMailbox, beyond: ModSeq, wake: (wake: Wake) => void) => {
  box.watchers.add(wake)
  const modSeq = ModSeq(box.entries.length)
  if (modSeq > beyond) wake({ modSeq, folders: null, isOfHierarchy: true, spans: [] })
  return () => {
    box.watchers.delete(wake)
  }
}

const reader = (world: World) =>
  Layer.succeed(MailboxReader, {
    page: (mailboxId, { folderId, belowUid, limit }) =>
      Effect.sync(() =>
        [...world.box(mailboxId).messages.values()]
          .filter((message) => message.folderId === folderId && (belowUid === null || message.uid < belowUid))
          .sort((a, b) => b.uid - a.uid)
          .slice(0, limit)
      ),
    byDate: (mailboxId, wanted) =>
      Effect.sync(() => listTwin([...world.box(mailboxId).messages.values()], wanted)),
    countSince: (mailboxId, wanted) =>
      Effect.sync(() => countTwin([...world.box(mailboxId).messages.values()], wanted)),
    messages: (mailboxId, ids) =>
      Effect.sync(() => ids.flatMap((id) => world.box(mailboxId).messages.get(id) ?? [])),
    message: (mailboxId, id) =>
      Effect.suspend(() => {
        const message = world.box(mailboxId).messages.get(id)
        return message === undefined
          ? Effect.fail(new NotFound({ what: "message" }))
          : Effect.succeed(message)
      }),
    thread: (mailboxId, threadId, limit) =>
      Effect.sync(() =>
        [...world.box(mailboxId).messages.values()]
          .filter((message) => message.threadId === threadId)
          .sort((a, b) => b.id - a.id)
          .slice(0, limit)
      ),
    parts: unused,
    structures: () => Effect.succeed(new Map()),
    operations: () => Effect.succeed([]),
    journal: (mailboxId, { after, limit }) =>
      Effect.suspend(() => {
        const { entries } = world.box(mailboxId)
        if (after > entries.length) return Effect.fail(new CursorExpired())
        const found = entries.slice(after, after + limit)
        return Effect.as(world.onJournal, found)
      })
  })

const streams = (world: World) =>
  Layer.succeed(Streams, {
    publish: unused,
    has: unused,
    claim: unused,
    rings: () => Stream.empty,
    ack: unused,
    fail: unused,
    release: unused,
    sweep: Effect.succeed(0),
    deadLetters: (stream, { after, limit }) =>
      Effect.sync(() =>
        world.deadLetters
          .filter((letter) => letter.stream === stream && (after === null || letter.taskId > after))
          .slice(0, limit)
      ),
    causes: () => Effect.succeed([]),
    replay: (_stream, which) =>
      Effect.sync(() => world.operated.push(...(which === "all" ? ["all"] : which))),
    drop: (_stream, which) => Effect.sync(() => world.operated.push(...(which === "all" ? ["all"] : which))),
    stats: Effect.succeed([])
  })

const storage = (world: World) =>
  Layer.mergeAll(
    router(world),
    reader(world),
    streams(world),
    Layer.succeed(Audit, { record: (event) => Effect.sync(() => void world.audited.push(event)) }),
    Layer.succeed(Acl, {
      lookUp: (mailboxId, grantee) => {
        if (!world.mailboxes.has(mailboxId)) return Effect.fail(new NotFound({ what: "mailbox" }))
        const tenantId = mailboxId === mallory ? tenantB : tenantA
        return Effect.succeed({ tenantId, grants: world.grants.get(grantee) ?? [] })
      }
    }),
    Layer.succeed(BlobStore, {
      put: unused,
      putBytes: unused,
      get: unused,
      stream: () => Stream.fromIterable(Array.from({ length: 64 }, (_, n) => new Uint8Array(65_536).fill(n))),
      getRange: unused,
      sizeBytes: unused,
      list: unused,
      remove: unused
    }),
    Layer.succeed(ContentStore, { put: unused }),
    Layer.mock(SearchUpkeep, {}),
    // Finds everything.
    Layer.succeed(Search, {
      search: (mailboxId, { folderIds, limit }) =>
        Effect.sync(() => ({
          hits: [...world.box(mailboxId).messages.values()]
            .filter(({ folderId }) => folderIds === null || folderIds.includes(folderId))
            .slice(0, limit)
            .map(({ id, receivedAt }) => ({ messageId: id, receivedAt })),
          isComplete: true,
          isDegraded: false
        }))
    }),
    Layer.succeed(ThreadMoves, { set: () => Effect.void, folderOf: () => Effect.succeed(null) }),
    Layer.succeed(Ledger, {
      balance: Effect.succeed({
        accepted: 0,
        delivered: 0,
        bounced: 0,
        inFlight: 0,
        deadLettered: 0,
        dropped: 0,
        imbalance: 0
      })
    }),
    Layer.succeed(ShardMap, world.shardMap),
    ShardReports.layerMemory,
    Layer.mock(ShardEpochs, { shardCount: () => Effect.succeed(12) }),
    Layer.mock(Rebalances, { active: Effect.succeed(null) }),
    Layer.mock(Quarantine, {}),
    Layer.mock(NotifyTargets, {}),
    Layer.mock(Retention, {}),
    Layer.mock(DeviceStore, {}),
    Layer.mock(AddressBook, {}),
    Layer.mock(BlobReferences, {}),
    Layer.succeed(Intake, {
      resolve: () => Effect.fail(new RecipientRefused({ reason: "unknownUser" })),
      accept: unused
    }),
    Layer.succeed(Directory, {
      createTenant: unused,
      tenants: unused,
      tenantByName: unused,
      createDomain: unused,
      domains: unused,
      domainByName: unused,
      setCatchAll: unused,
      createUsers: unused,
      users: unused,
      setStatus: unused,
      userById: unused,
      userByAddress: unused,
      createAlias: unused,
      aliases: unused,
      resolve: unused
    }),
    MimeReader.layerInline()
  )

const passwords = Layer.succeed(Passwords, { hash: unused, verify: unused })

/** `Bearer alice` is Alice, and so on. */
export const layerIdentity = Layer.succeed(Identity, {
  byPassword: unused,
  byToken: unused,
  fromHeaders: ({ authorization }) => {
    const known = Object.entries(principals).find(([name]) => authorization === `Bearer ${name}`)
    return known === undefined ? Effect.fail(new Unauthenticated()) : Effect.succeed(known[1])
  },
  createToken: unused,
  tokens: unused,
  revokeToken: unused,
  setPassword: unused,
  forget: Effect.void
})

/** The real services, behind the real guard, on fakes. */
export const layerCore = (
  world: World
): Layer.Layer<
  Admin | Cluster | Core | Devices | Indexes | People | Queues | Sync | Upkeep,
  ConfigError.ConfigError
> =>
  Layer.mergeAll(
    AdminLive.layer,
    CoreLive.layer,
    QueuesLive.layer,
    UpkeepLive.layer,
    IndexesLive.layer,
    DevicesLive.layer,
    SyncLive.layer,
    PeopleLive.layer,
    Layer.orDie(ClusterLive.layer)
  ).pipe(
    Layer.provide(GuardLive.layer),
    Layer.provide(Layer.mergeAll(storage(world), layerIdentity, passwords))
  )
