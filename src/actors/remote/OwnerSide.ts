import type { Socket } from "node:net"
import { RpcServer } from "@effect/rpc"
import { type ConfigError, Effect, FiberSet, Schedule, type Scope } from "effect"
import { metrics } from "../../observability/metrics.ts"
import { Mailboxes, type Moved } from "../mailbox/MailboxProtocol.ts"
import type { HandOver } from "../sharding/Peers.ts"
import { letGo, tell } from "./endings.ts"
import { handlers } from "./handlers.ts"
import { Link } from "./Link.ts"
import { makeOwnerWatches, type OwnerWatches } from "./OwnerWatches.ts"
import { RemoteConfig, turnsPerSilence } from "./RemoteConfig.ts"
import { RunnerRpcs } from "./RunnerRpcs.ts"
import { makeServerProtocol } from "./serverProtocol.ts"

/** The connections of those that call this process. */
export interface OwnerSide {
  /** Serves on a connection until it ends. */
  readonly accept: (socket: Socket) => void
  readonly close: () => void
}

export const makeOwnerSide = (
  handOver: (wish: HandOver) => Effect.Effect<void, Moved>
): Effect.Effect<OwnerSide, ConfigError.ConfigError, Mailboxes | Scope.Scope> =>
  Effect.gen(function* () {
    const settings = yield* RemoteConfig
    const mailboxes = yield* Mailboxes
    const run = yield* FiberSet.makeRuntime<never>()
    const calls = yield* makeServerProtocol
    const connections = new Map<number, { readonly link: Link; readonly watches: OwnerWatches }>()
    let lastClient = 0
    const gone = makeOwnerWatches(mailboxes)
    gone.close()

    const watchesOf = (client: number) => connections.get(client)?.watches ?? gone
    const server = RpcServer.make(RunnerRpcs, { disableTracing: true, disableFatalDefects: true })
    yield* Effect.forkScoped(
      Effect.provide(
        Effect.provideService(server, RpcServer.Protocol, calls.protocol),
        yield* RunnerRpcs.toHandlersContext(handlers({ mailboxes, handOver, watchesOf }))
      )
    )

    const accept = (socket: Socket): void => {
      const client = ++lastClient
      const { remoteAddress = "" } = socket
      const watches = makeOwnerWatches(mailboxes)
      const link = new Link(
        socket,
        { maxFrameBytes: settings.maxFrameBytes, silentTurns: turnsPerSilence },
        {
          greeted: () => undefined,
          received: (texts) => void run(calls.received(client, texts)),
          closed: (ending) => {
            connections.delete(client)
            metrics.remoteConnections.dec({ side: "owner" })
            watches.close()
            calls.left(client)
            run(tell(ending, remoteAddress))
          }
        }
      )
      connections.set(client, { link, watches })
      metrics.remoteConnections.inc({ side: "owner" })
      calls.joined(client, link)
    }
    const forAll = (use: (link: Link) => void) => () => {
      for (const { link } of [...connections.values()]) use(link)
    }
    const turn = Effect.sync(forAll((link) => link.turn()))
    yield* Effect.forkScoped(Effect.schedule(turn, Schedule.spaced(settings.turn)))
    return { accept, close: forAll((link) => link.close(letGo)) }
  })
