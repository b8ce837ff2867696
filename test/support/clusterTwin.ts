import { createServer } from "node:http"
import { create } from "@bufbuild/protobuf"
import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { Context, Effect, Layer, type Scope } from "effect"
import { Pages } from "../../src/protocols/http/Pages.ts"
import {
  ClusterService,
  MoveState,
  type Rebalance,
  RebalanceSchema,
  RebalanceState,
  type Shard,
  type WatchClusterResponse,
  WatchClusterResponseSchema
} from "../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { QueueService } from "../../src/rpc/gen/postroom/core/v1/queue_pb.ts"

/** A fleet that stands still until a test moves it, behind the contract that the console speaks. */
export interface ClusterTwin {
  readonly url: string
  /** Shards that are wished elsewhere arrive there, under a new epoch. */
  readonly arrive: Effect.Effect<void>
  /** What was asked for, the method and what it named. */
  readonly asked: ReadonlyArray<string>
}

const runnerIds = ["mbx-1", "mbx-2", "mbx-3"] as const
const shardCount = 96
const planId = "0190a000-0000-7000-8000-000000000001"

/** The first runner has more than its share, and one shard that is hot. */
const firstLook = () =>
  create(WatchClusterResponseSchema, {
    shardMapAvailable: true,
    runners: runnerIds.map((runnerId, n) => ({
      runnerId,
      incarnation: "1",
      address: `10.0.0.${n + 1}:7000`,
      weight: 1,
      zone: `zone-${n + 1}`,
      version: "0.1.0",
      leaseMillis: 3_400,
      shards: shardCount / 3
    })),
    shards: Array.from({ length: shardCount }, (_, shardId) => ({
      shardId,
      owner: runnerIds[shardId % 3] ?? "",
      ownerAlive: true,
      epoch: BigInt(40 + (shardId % 7)),
      pinnedTo: shardId === 8 ? "mbx-3" : "",
      hot: shardId === 12,
      cost: {
        load: shardId === 12 ? 96 : ((shardId * 37) % 11) * (shardId % 3 === 0 ? 2.2 : 0.9),
        commitMillis: 3,
        commands: 12,
        bytes: 52_000,
        watchers: (shardId * 13) % 70,
        mailboxes: (shardId * 7) % 40
      }
    })),
    hottest: [
      { mailboxId: "0190a1b2-0000-7000-8000-00000000000c", shardId: 12, owner: "mbx-1", load: 81, hot: true },
      { mailboxId: "0190a1b2-0000-7000-8000-000000000003", shardId: 3, owner: "mbx-1", load: 9.5 }
    ],
    spread: 1.72
  })

/** It, and the built pages, on a port of their own. */
export const clusterTwin = (folder: string): Effect.Effect<ClusterTwin, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { handle } = Context.get(yield* Layer.build(Pages.layer(folder)), Pages)
    const clock = yield* Effect.clock
    const asked: Array<string> = []
    const heard = new Set<() => void>()
    let rebalance: Rebalance | undefined
    const world = firstLook()

    const changed = () => {
      world.at = timestampFromMs(clock.unsafeCurrentTimeMillis())
      for (const runner of world.runners) {
        const own = world.shards.filter(({ owner }) => owner === runner.runnerId)
        runner.shards = own.length
        const load = own.reduce((sum, { cost }) => sum + (cost?.load ?? 0), 0)
        runner.cost = {
          ...cost0,
          load,
          watchers: own.reduce((sum, { cost }) => sum + (cost?.watchers ?? 0), 0)
        }
        runner.share = (load / total(world)) * world.runners.length
      }
      if (isRunning(rebalance)) world.rebalance = rebalance
      else delete world.rebalance
      for (const listener of heard) listener()
    }
    const wish = (shardId: number, to: string) => {
      const shard = world.shards[shardId]
      if (shard === undefined || shard.owner === to) return
      shard.target = to
    }

    const routes = (router: ConnectRouter) => {
      router.service(QueueService, {
        listQueues: () => ({ queues: [{ stream: "mail_ingest", group: "ingesters" }] }),
        getLedger: () => ({ accepted: 10n, delivered: 10n }),
        listDeadLetterCauses: () => ({ causes: [] })
      })
      router.service(ClusterService, {
        watchCluster: async function* (_, { signal }) {
          while (!signal.aborted) {
            yield world
            await new Promise<void>((resolve) => {
              const wake = () => {
                heard.delete(wake)
                resolve()
              }
              heard.add(wake)
              signal.addEventListener("abort", wake)
            })
          }
        },
        moveShards: ({ shardIds, toRunnerId }) => {
          asked.push(`move ${shardIds.join(" ")} to ${toRunnerId}`)
          for (const shardId of shardIds) wish(shardId, toRunnerId)
          changed()
          return { shardIds }
        },
        pinShard: ({ shardId, runnerId }) => {
          asked.push(`pin ${shardId} to ${runnerId}`)
          const shard = world.shards[shardId]
          if (shard !== undefined) shard.pinnedTo = runnerId
          wish(shardId, runnerId)
          changed()
          return {}
        },
        drainRunner: ({ runnerId }) => {
          asked.push(`drain ${runnerId}`)
          const runner = world.runners.find((one) => one.runnerId === runnerId)
          if (runner !== undefined) runner.draining = true
          changed()
          return { shards: runner?.shards ?? 0 }
        },
        undrainRunner: ({ runnerId }) => {
          asked.push(`undrain ${runnerId}`)
          const runner = world.runners.find((one) => one.runnerId === runnerId)
          if (runner !== undefined) runner.draining = false
          changed()
          return {}
        },
        planRebalance: () => {
          asked.push("plan")
          rebalance = planned()
          return { rebalance }
        },
        runRebalance: ({ id }) => {
          asked.push(`run ${id}`)
          if (rebalance === undefined) throw new ConnectError("no such plan", Code.NotFound)
          rebalance.state = RebalanceState.RUNNING
          rebalance.moving = rebalance.moves.length
          for (const move of rebalance.moves) {
            move.state = MoveState.MOVING
            wish(move.shardId, move.to)
          }
          changed()
          return { rebalance }
        },
        stopRebalance: ({ id }) => {
          asked.push(`stop ${id}`)
          if (rebalance !== undefined) rebalance.state = RebalanceState.STOPPED
          changed()
          return rebalance === undefined ? {} : { rebalance }
        },
        reverseRebalance: ({ id }) => {
          asked.push(`reverse ${id}`)
          return rebalance === undefined ? {} : { rebalance }
        },
        getRebalance: () => {
          if (rebalance === undefined) throw new ConnectError("There is none.", Code.NotFound)
          return { rebalance }
        },
        whereMailbox: ({ mailboxId }) => {
          const shard = world.shards[Number.parseInt(mailboxId.slice(-2), 16)]
          return { ...(shard === undefined ? {} : { shard }), address: "10.0.0.1:7000", claimedEpoch: 41n }
        },
        quarantineMailbox: ({ mailboxId }) => {
          asked.push(`quarantine ${mailboxId}`)
          return {}
        }
      })
    }
    const rpc = connectNodeAdapter({ routes })
    const server = createServer((request, response) => {
      if (!handle(request, response)) rpc(request, response)
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    changed()
    const bound = server.address()
    return {
      url: `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`,
      asked,
      arrive: Effect.sync(() => {
        for (const shard of world.shards.filter(isWishedElsewhere)) arriveAt(shard)
        if (rebalance !== undefined && isRunning(rebalance)) finish(rebalance)
        changed()
      })
    }
  })

const cost0 = {
  $typeName: "postroom.core.v1.Cost" as const,
  commitMillis: 0,
  bytes: 0,
  commands: 0,
  watchers: 0,
  mailboxes: 0,
  load: 0
}

const total = ({ shards }: WatchClusterResponse) =>
  shards.reduce((sum, { cost }) => sum + (cost?.load ?? 0), 0)

const isWishedElsewhere = ({ owner, target }: Shard) => target !== "" && target !== owner

const arriveAt = (shard: Shard) => {
  shard.owner = shard.target
  shard.target = ""
  shard.epoch += 1n
}

const isRunning = (rebalance: Rebalance | undefined): boolean => rebalance?.state === RebalanceState.RUNNING

const finish = (rebalance: Rebalance) => {
  rebalance.state = RebalanceState.DONE
  rebalance.moving = 0
  rebalance.ended = rebalance.total
  for (const move of rebalance.moves) move.state = MoveState.DONE
}

const planned = () =>
  create(RebalanceSchema, {
    id: planId,
    state: RebalanceState.PLANNED,
    moves: [
      { shardId: 12, from: "mbx-1", to: "mbx-2", load: 96, state: MoveState.WAITING },
      { shardId: 3, from: "mbx-1", to: "mbx-3", load: 8.8, state: MoveState.WAITING }
    ],
    total: 2,
    maxMoving: 4,
    spreadBefore: 1.72,
    spreadAfter: 1.08,
    shares: [
      { runnerId: "mbx-1", before: 1.72, after: 1.08 },
      { runnerId: "mbx-2", before: 0.61, after: 0.98 },
      { runnerId: "mbx-3", before: 0.67, after: 0.94 }
    ]
  })
