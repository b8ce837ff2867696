import type { Socket } from "node:net"
import { RpcClient, RpcClientError } from "@effect/rpc"
import { Cause, Deferred, Effect, FiberSet, Option, Schedule, type Scope, Stream } from "effect"
import { metrics } from "../../observability/metrics.ts"
import { inTrace } from "../../observability/spans.ts"
import { traceparentOf } from "../../observability/traceparent.ts"
import { type Peer, PeerAway } from "../sharding/Peers.ts"
import { makeCallerWatches } from "./CallerWatches.ts"
import { makeClientProtocol } from "./clientProtocol.ts"
import { type Ending, letGo, unused } from "./endings.ts"
import { Link } from "./Link.ts"
import { type RemoteSettings, turnsPerSilence } from "./RemoteConfig.ts"
import { RunnerRpcs } from "./RunnerRpcs.ts"

/** One connection to another runner, with all that is under way on it. */
export interface Connection {
  readonly isOpen: () => boolean
  readonly peer: Peer
}

/** Once the other side has shown that it is a runner. `closed` is called once, however far it came. */
export const connect = (
  dial: () => Socket,
  settings: RemoteSettings,
  closed: (ending: Ending) => void
): Effect.Effect<Connection, PeerAway, Scope.Scope> =>
  Effect.gen(function* () {
    const run = yield* FiberSet.makeRuntime<never>()
    const greeted = yield* Deferred.make<void, PeerAway>()
    const calls = yield* makeClientProtocol(() => link, settings.callTurns)
    const socket = yield* Effect.try({
      try: dial,
      catch: (cause) => {
        closed(`cannot be dialled: ${cause}`)
        return new PeerAway({ isOpen: false })
      }
    })
    const link = new Link(
      socket,
      { maxFrameBytes: settings.maxFrameBytes, silentTurns: turnsPerSilence },
      {
        greeted: () => Deferred.unsafeDone(greeted, Effect.void),
        received: (texts) => void run(calls.received(texts)),
        closed: (ending) => {
          Deferred.unsafeDone(greeted, new PeerAway({ isOpen: false }))
          closed(ending)
        }
      }
    )
    const close = (ending: Ending) => Effect.sync(() => link.close(ending))
    yield* Effect.addFinalizer(() => close(letGo))
    const client = yield* Effect.provideService(
      RpcClient.make(RunnerRpcs, { disableTracing: true }),
      RpcClient.Protocol,
      calls.protocol
    )
    const watches = makeCallerWatches({
      subscribe: (subscriptions) => answered<void, never>(client.Subscribe(subscriptions)),
      unsubscribe: (numbers) => Effect.ignore(client.Unsubscribe(numbers, { discard: true })),
      run
    })
    let unusedTurns = 0
    const turn = Effect.suspend(() => {
      link.turn()
      unusedTurns = calls.underWay > 0 || watches.size > 0 ? 0 : unusedTurns + 1
      if (unusedTurns > settings.idleTurns) link.close(unused)
      return calls.turn
    })
    yield* Effect.forkScoped(Effect.schedule(turn, Schedule.spaced(settings.turn)))
    yield* Deferred.await(greeted)
    yield* Effect.forkScoped(
      Effect.ensuring(
        Stream.runForEach(client.Watch(), (news) => Effect.sync(() => watches.tell(news))),
        close("ended the watch")
      )
    )
    metrics.remoteConnections.inc({ side: "caller" })
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        metrics.remoteConnections.dec({ side: "caller" })
        link.close(letGo)
        watches.close()
        return calls.fail
      })
    )
    const traced = <A, E>(call: (headers: Headers) => Effect.Effect<A, E>) =>
      inTrace((span) =>
        call(span === undefined ? untraced : { headers: { traceparent: traceparentOf(span) } })
      )
    return {
      isOpen: () => link.isOpen,
      peer: {
        ask: (ask) => answered(traced((headers) => client.Ask(ask, headers))),
        state: (mailboxId) => answered(traced((headers) => client.State(mailboxId, headers))),
        listen: watches.listen,
        handOver: (wish) => answered(client.HandOver(wish))
      }
    }
  })

interface Headers {
  readonly headers?: { readonly traceparent: string }
}

const untraced: Headers = {}

/** Where no answer came, or none that can be read, it stays open what was done. */
const answered = <A, E>(
  call: Effect.Effect<A, E | RpcClientError.RpcClientError>
): Effect.Effect<A, E | PeerAway> =>
  Effect.catchAllCause(call, (cause): Effect.Effect<never, E | PeerAway> => {
    const error = Cause.failureOption(cause)
    if (Option.isNone(error) || error.value instanceof RpcClientError.RpcClientError)
      return new PeerAway({ isOpen: true })
    return Effect.fail(error.value)
  })
