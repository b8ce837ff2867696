import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { CoreError } from "../../../src/domain/errors.ts"
import {
  MessageId,
  ModSeq,
  OperationId,
  RunnerId,
  ShardId,
  TaskId,
  ThreadId
} from "../../../src/domain/ids.ts"
import { requirementOf } from "../../../src/rpc/authorize.ts"
import type { Call } from "../../../src/rpc/Call.ts"
import { Cluster } from "../../../src/rpc/Cluster.ts"
import { Core, type CoreMethods } from "../../../src/rpc/Core.ts"
import { Health } from "../../../src/rpc/gen/grpc/health/v1/health_pb.ts"
import { ClusterService } from "../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { MailboxService } from "../../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { QueueService } from "../../../src/rpc/gen/postroom/core/v1/queue_pb.ts"
import { UpkeepService } from "../../../src/rpc/gen/postroom/core/v1/upkeep_pb.ts"
import { Queues } from "../../../src/rpc/Queues.ts"
import { guardedServices } from "../../../src/rpc/routes/services.ts"
import { Upkeep } from "../../../src/rpc/Upkeep.ts"
import { summary } from "../../support/alice.ts"
import { alice, bob, calling, inbox, layerCore, makeWorld, principals } from "./fakes.ts"

describe("rights in the contract", () => {
  it("every method of every service declares one", () => {
    const methods = guardedServices.flatMap((service) => service.methods)
    assert.isAbove(methods.length, 25)
    for (const method of methods) assert.doesNotThrow(() => requirementOf(method))
  })

  it("a method without one is a defect", () => {
    assert.throws(() => requirementOf(Health.method.check), /declares no right/)
  })
})

const mailbox = { mailboxId: alice }
const folder = { ...mailbox, folderId: inbox }
const message = { ...mailbox, messageId: MessageId(1) }
const messages = { ...mailbox, messageIds: [MessageId(1)] }
const named = { operationId: null }

/** One call of each method of `Core`, for Alice's mailbox. */
const calls = (core: CoreMethods, call: Call) =>
  ({
    getMailbox: core.getMailbox(call, mailbox),
    listFolders: core.listFolders(call, mailbox),
    listMessages: core.listMessages(call, { ...folder, belowUid: null, limit: null }),
    listByDate: core.listByDate(call, {
      ...folder,
      filter: "all",
      from: { _tag: "Skip", count: 0 },
      limit: null
    }),
    listThread: core.listThread(call, { ...mailbox, threadId: ThreadId(1) }),
    getMessage: core.getMessage(call, message),
    getBody: core.getBody(call, { ...message, type: "text", maxBytes: null }),
    getMessages: core.getMessages(call, messages),
    getBodies: core.getBodies(call, { ...messages, type: "text", maxBytes: null }),
    getPart: Stream.runDrain(core.getPart(call, { ...message, path: "1" })),
    getRaw: Stream.runDrain(core.getRaw(call, message)),
    listChanges: core.listChanges(call, { ...mailbox, after: ModSeq(0), limit: null, folderIds: [] }),
    watch: Stream.runHead(core.watch(call, { ...mailbox, after: null, folderIds: [] })),
    search: core.search(call, { ...mailbox, query: "is:unread", folderIds: [], after: null, limit: null }),
    changeFlags: core.changeFlags(call, {
      ...messages,
      ...named,
      addFlags: ["\\Seen"],
      removeFlags: [],
      addCategories: [],
      removeCategories: []
    }),
    markAllRead: core.markAllRead(call, { ...folder, ...named }),
    moveMessages: core.moveMessages(call, { ...messages, ...named, toFolderId: inbox }),
    moveThread: core.moveThread(call, { ...mailbox, threadId: ThreadId(1), toFolderId: inbox }),
    copyMessages: core.copyMessages(call, { ...messages, ...named, toFolderId: inbox }),
    deleteMessages: core.deleteMessages(call, { ...messages, ...named }),
    expungeMessages: core.expungeMessages(call, { ...messages, ...named }),
    emptyFolder: core.emptyFolder(call, { ...folder, ...named, permanently: false }),
    createFolder: core.createFolder(call, { ...mailbox, ...named, name: "x", parentId: null }),
    renameFolder: core.renameFolder(call, { ...folder, ...named, name: "x" }),
    moveFolder: core.moveFolder(call, { ...folder, ...named, toFolderId: null }),
    deleteFolder: core.deleteFolder(call, { ...folder, ...named, permanently: false }),
    undo: core.undo(call, { ...mailbox, ...named, undoes: OperationId("archive-1") }),
    listOperations: core.listOperations(call, { ...mailbox, limit: null }),
    appendMessage: core.appendMessage(call, {
      ...folder,
      ...named,
      raw: new Uint8Array(),
      flags: [],
      categories: [],
      receivedAt: null
    }),
    submit: core.submit(call, {
      ...mailbox,
      ...named,
      sender: "",
      recipients: [],
      raw: new Uint8Array(),
      savesInSent: false
    }),
    wasSubmitted: core.wasSubmitted(call, { ...mailbox, ...named }),
    deliver: core.deliver(call, {
      taskId: TaskId("dddddddd-0000-4000-8000-000000000000"),
      message: { ...summary(1), envelope: emptyEnvelope, topic: "" },
      recipients: []
    })
  }) satisfies Record<keyof CoreMethods, Effect.Effect<unknown, CoreError>>

const emptyEnvelope = {
  subject: "",
  from: [],
  sender: [],
  replyTo: [],
  to: [],
  cc: [],
  bcc: [],
  sentAt: null,
  internetMessageId: null,
  inReplyTo: [],
  references: []
}

const refusalOf = (all: Record<string, Effect.Effect<unknown, CoreError>>, name: string) =>
  Effect.flip(Effect.asVoid(all[name] ?? Effect.dieMessage(`no call of ${name}`)))

describe("the guard", () => {
  for (const method of MailboxService.methods) {
    it.effect(`stands before ${method.name}, under that name, and audits what it refuses`, () =>
      Effect.gen(function* () {
        const world = makeWorld()
        // Nobody delivers but services; nobody without a grant does anything else to Alice's mailbox.
        const principal = method.name === "Deliver" ? principals.alice : principals.bob
        // Without the right to see a folder it would not be refused but not there.
        if (!["GetMailbox", "ListFolders"].includes(method.name)) {
          world.grants.set(bob, [{ folderId: null, rights: ["l"] }])
        }
        const core = yield* Effect.provide(Core, layerCore(world))
        const error = yield* refusalOf(calls(core, calling(principal)), method.localName)
        assert.strictEqual(error._tag, "PermissionDenied")
        assert.deepStrictEqual(
          world.audited.map(({ action, details }) => [action, details["outcome"]]),
          [[`MailboxService/${method.name}`, "PermissionDenied"]]
        )
      })
    )
  }

  for (const method of QueueService.methods) {
    it.effect(`stands before ${method.name} of the queues`, () =>
      Effect.gen(function* () {
        const world = makeWorld()
        const queues = yield* Effect.provide(Queues, layerCore(world))
        const call = calling(principals.alice)
        const choice = { stream: "send", which: "all" } as const
        const all = {
          listQueues: queues.listQueues(call, null),
          listDeadLetters: queues.listDeadLetters(call, {
            stream: "send",
            after: null,
            limit: null,
            cause: null
          }),
          listDeadLetterCauses: queues.listDeadLetterCauses(call, { stream: null }),
          replayDeadLetters: queues.replayDeadLetters(call, { ...choice, cause: null, perSecond: null }),
          dropDeadLetters: queues.dropDeadLetters(call, choice),
          getLedger: queues.getLedger(call, null)
        } satisfies Record<keyof typeof QueueService.method, unknown>
        const error = yield* refusalOf(all, method.localName)
        assert.strictEqual(error._tag, "PermissionDenied")
        assert.strictEqual(world.audited[0]?.action, `QueueService/${method.name}`)
      })
    )
  }

  for (const method of ClusterService.methods) {
    it.effect(`stands before ${method.name} of the cluster, even for a tenant's administrator`, () =>
      Effect.gen(function* () {
        const world = makeWorld()
        const cluster = yield* Effect.provide(Cluster, layerCore(world))
        const call = calling(principals.admin)
        const runner = { runnerId: RunnerId("r1") }
        const shard = { shardId: ShardId(1) }
        const rebalance = { id: "dddddddd-0000-4000-8000-000000000001" }
        const all = {
          watchCluster: Stream.runDrain(cluster.watchCluster(call, null)),
          listRunners: cluster.listRunners(call, null),
          drainRunner: cluster.drainRunner(call, runner),
          undrainRunner: cluster.undrainRunner(call, runner),
          listShards: cluster.listShards(call, { runnerId: null, isRemarkable: false }),
          getShard: cluster.getShard(call, shard),
          moveShards: cluster.moveShards(call, { shardIds: [ShardId(1)], to: RunnerId("r1") }),
          pinShard: cluster.pinShard(call, { ...shard, ...runner }),
          unpinShard: cluster.unpinShard(call, shard),
          planRebalance: cluster.planRebalance(call, { maxMoving: null, maxMoves: null, byCount: true }),
          runRebalance: cluster.runRebalance(call, rebalance),
          stopRebalance: cluster.stopRebalance(call, rebalance),
          reverseRebalance: cluster.reverseRebalance(call, rebalance),
          getRebalance: cluster.getRebalance(call, rebalance),
          listRebalances: cluster.listRebalances(call, { limit: null }),
          whereMailbox: cluster.whereMailbox(call, mailbox),
          quarantineMailbox: cluster.quarantineMailbox(call, mailbox),
          releaseMailbox: cluster.releaseMailbox(call, mailbox)
        } satisfies Record<keyof typeof ClusterService.method, unknown>
        const error = yield* refusalOf(all, method.localName)
        assert.strictEqual(error._tag, "PermissionDenied")
        assert.strictEqual(world.audited[0]?.action, `ClusterService/${method.name}`)
      })
    )
  }

  for (const method of UpkeepService.methods) {
    it.effect(`stands before ${method.name} of upkeep`, () =>
      Effect.gen(function* () {
        const world = makeWorld()
        const upkeep = yield* Effect.provide(Upkeep, layerCore(world))
        const call = calling(principals.alice)
        const page = { tenant: null, after: null, limit: null }
        const all = {
          addWebhook: upkeep.addWebhook(call, { tenant: null, mailboxId: null, url: "https://x.test/" }),
          listWebhooks: upkeep.listWebhooks(call, page),
          removeWebhook: upkeep.removeWebhook(call, { id: alice }),
          setRetention: upkeep.setRetention(call, { tenant: null, folder: "all", keepDays: 1 }),
          listRetention: upkeep.listRetention(call, page),
          previewRetention: upkeep.previewRetention(call, { tenant: null, after: null }),
          runRetention: upkeep.runRetention(call, { tenant: null }),
          setHold: upkeep.setHold(call, { userId: alice, reason: "" }),
          clearHold: upkeep.clearHold(call, { userId: alice }),
          listHolds: upkeep.listHolds(call, page),
          listBlobFindings: upkeep.listBlobFindings(call, { problem: "missing", after: null, limit: null })
        } satisfies Record<keyof typeof UpkeepService.method, unknown>
        const error = yield* refusalOf(all, method.localName)
        assert.strictEqual(error._tag, "PermissionDenied")
        assert.strictEqual(world.audited[0]?.action, `UpkeepService/${method.name}`)
      })
    )
  }

  it.effect("writes ids and counts of a call that went well", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      const core = yield* Effect.provide(Core, layerCore(world))
      yield* calls(core, calling(principals.alice)).moveMessages
      assert.deepStrictEqual(world.audited, [
        {
          at: 0,
          actor: `user:${alice}`,
          actorIp: "192.0.2.1",
          action: "MailboxService/MoveMessages",
          resource: `mailbox:${alice}`,
          correlationId: calling(principals.alice).correlationId,
          details: { messages: 1, toFolder: 1, outcome: "ok", origin: "test" }
        }
      ])
    })
  )

  it.effect("gives services delivery and nothing else", () =>
    Effect.gen(function* () {
      const core = yield* Effect.provide(Core, layerCore(makeWorld()))
      const all = calls(core, calling(principals.service))
      yield* all.deliver
      const { deliver, ...others } = all
      for (const call of Object.values(others)) {
        const exit = yield* Effect.exit(call)
        assert.strictEqual(exit._tag, "Failure")
      }
    })
  )

  it.effect("gives retention the removal of messages and nothing else of mailboxes", () =>
    Effect.gen(function* () {
      const core = yield* Effect.provide(Core, layerCore(makeWorld()))
      const all = calls(core, calling({ _tag: "Service", name: "worker-retention" }))
      yield* all.expungeMessages
      // Asks for the same right.
      yield* all.emptyFolder
      const { emptyFolder, expungeMessages, ...others } = all
      for (const call of Object.values(others)) {
        const exit = yield* Effect.exit(call)
        assert.strictEqual(exit._tag, "Failure")
      }
    })
  )

  it.effect("keeps operators, admins and support out of other people's mail", () =>
    Effect.gen(function* () {
      const core = yield* Effect.provide(Core, layerCore(makeWorld()))
      for (const principal of [principals.operator, principals.admin, principals.support]) {
        const error = yield* Effect.flip(calls(core, calling(principal)).listMessages)
        assert.include(["PermissionDenied", "NotFound"], error._tag)
      }
      assert.notStrictEqual(bob, alice)
    })
  )
})
