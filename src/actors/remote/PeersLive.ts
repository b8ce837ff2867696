import {
  Deferred,
  Duration,
  Effect,
  ExecutionStrategy,
  Exit,
  FiberId,
  FiberSet,
  Layer,
  Random,
  Scope
} from "effect"
import { MutualTls } from "../../identity/tls/MutualTls.ts"
import { type Peer, PeerAway, Peers } from "../sharding/Peers.ts"
import { type Connection, connect } from "./Connection.ts"
import { dial } from "./dial.ts"
import { tell } from "./endings.ts"
import { RemoteConfig } from "./RemoteConfig.ts"

/** The way to one address. */
interface Way {
  readonly address: string
  connection: Connection | null
  connecting: Deferred.Deferred<Connection, PeerAway> | null
  /** Attempts in a row that led nowhere. */
  failures: number
  /** For a moment after one of those nobody tries. */
  isResting: boolean
}

const unreached = new PeerAway({ isOpen: false })

const leastRest = Duration.millis(50)
const longestRest = Duration.seconds(2)

/** Calls over TCP. One connection for each address, opened at the first call, and again after it was lost. */
export const layer = Layer.scoped(
  Peers,
  Effect.gen(function* () {
    const settings = yield* RemoteConfig
    const tls = yield* MutualTls
    const scope = yield* Effect.scope
    const run = yield* FiberSet.makeRuntime<never>()
    const ways = new Map<string, Way>()
    let isStopped = false
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isStopped = true
      })
    )

    const wayTo = (address: string): Way => {
      const known = ways.get(address)
      if (known !== undefined) return known
      const way = { address, connection: null, connecting: null, failures: 0, isResting: false }
      ways.set(address, way)
      return way
    }

    const open = Effect.fnUntraced(function* (way: Way) {
      const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
      const end = Scope.close(own, Exit.void)
      return yield* connect(
        () => dial(way.address, tls?.current() ?? null),
        settings,
        // Of attempts that fail one after the other, the first is told.
        (ending) => void run(Effect.zipRight(way.failures > 0 ? Effect.void : tell(ending, way.address), end))
      ).pipe(
        Scope.extend(own),
        Effect.onError(() => end)
      )
    })

    const rest = Effect.fnUntraced(function* (way: Way) {
      const longest = Duration.min(Duration.times(leastRest, 2 ** way.failures), longestRest)
      way.failures++
      way.isResting = true
      yield* Effect.sleep(Duration.times(longest, 0.5 + (yield* Random.next) / 2))
      way.isResting = false
    })

    const reach = (way: Way): Effect.Effect<Connection, PeerAway> => {
      if (way.isResting || isStopped) return unreached
      if (way.connecting !== null) return Deferred.await(way.connecting)
      const connecting = Deferred.unsafeMake<Connection, PeerAway>(FiberId.none)
      way.connecting = connecting
      const told = (exit: Exit.Exit<Connection, PeerAway>) => {
        way.connecting = null
        if (Exit.isFailure(exit)) return Deferred.fail(connecting, unreached)
        way.connection = exit.value
        way.failures = 0
        return Deferred.succeed(connecting, exit.value)
      }
      run(
        open(way).pipe(
          Effect.onExit(told),
          Effect.asVoid,
          Effect.catchAllCause(() => rest(way))
        )
      )
      return Deferred.await(connecting)
    }

    /** Callers that go away leave the connection to the others. */
    const over = <A, E>(address: string, use: (peer: Peer) => Effect.Effect<A, E>) =>
      Effect.suspend((): Effect.Effect<A, E | PeerAway> => {
        const way = wayTo(address)
        const { connection } = way
        if (connection?.isOpen() === true) return use(connection.peer)
        return Effect.flatMap(reach(way), ({ peer }) => use(peer))
      })

    return Peers.of({
      at: (address) => ({
        ask: (ask) => over(address, (peer) => peer.ask(ask)),
        state: (mailboxId) => over(address, (peer) => peer.state(mailboxId)),
        listen: (mailboxId, beyond, listener) =>
          over(address, (peer) => peer.listen(mailboxId, beyond, listener)),
        handOver: (wish) => over(address, (peer) => peer.handOver(wish))
      })
    })
  })
)
