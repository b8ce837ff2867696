import { timestampMs } from "@bufbuild/protobuf/wkt"
import { createContext, useContext, useEffect, useState } from "react"
import type { WatchClusterResponse } from "../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { type Clients, makeClients } from "../rpc/clients.ts"
import { type Followed, follow, type Live, polled } from "../rpc/follow.ts"
import { isRefusal, isUnauthenticated } from "../rpc/problem.ts"
import { endSession } from "../session/token.ts"
import { makeStore, type Store, useStore } from "../shell/store.ts"
import { type Look, observeMoves, type SeenMove } from "./cluster/observeMoves.ts"
import { type History, remember } from "./history.ts"
import { type LedgerRow, type QueueRow, readLedger, readQueues } from "./queues.ts"

/** Everything that the console looks at, for as long as it is open. */
export interface Sources {
  readonly clients: Clients
  readonly queues: Followed<ReadonlyArray<QueueRow>>
  readonly ledger: Followed<LedgerRow>
  readonly cluster: Followed<WatchClusterResponse>
  /** Moves that were seen since the console is open. */
  readonly moves: Store<ReadonlyArray<SeenMove>>
  /** Depth of each stream by its name, and `accepted`. */
  readonly history: Store<History>
  /** Asks at once whatever is waited for. */
  readonly retry: () => void
}

const queuesEveryMillis = 2_000
const ledgerEveryMillis = 5_000

const open = (token: string): Sources & { readonly stop: () => void } => {
  const clients = makeClients(token)
  const queues = follow(polled(readQueues(clients.queue), queuesEveryMillis))
  const ledger = follow(polled(readLedger(clients.queue), ledgerEveryMillis))
  const cluster = follow((signal) => clients.cluster.watchCluster({}, { signal, timeoutMs: 0 }))
  const moves = makeStore<ReadonlyArray<SeenMove>>([])
  const history = makeStore<History>(new Map())
  let before: Look | undefined
  whenLive(cluster.store, ({ at, shards }, heardAt) => {
    const now = { at: at === undefined ? heardAt : timestampMs(at), shards }
    moves.set(observeMoves(moves.get(), before, now))
    before = now
  })
  // What happened while nobody was told has no beginning.
  cluster.store.subscribe(() => {
    if (cluster.store.get().state === "lost") before = undefined
  })
  whenLive(queues.store, (rows, at) =>
    history.set(
      remember(
        history.get(),
        at,
        rows.map(({ stream, waiting, running }) => [stream, waiting + running] as const)
      )
    )
  )
  whenLive(ledger.store, ({ accepted }, at) =>
    history.set(remember(history.get(), at, [["accepted", accepted]]))
  )
  const all = [queues, ledger, cluster]
  for (const { store } of all) endWhenRefused(store)
  return {
    clients,
    queues,
    ledger,
    cluster,
    moves,
    history,
    retry: () => {
      for (const { retry } of all) retry()
    },
    stop: () => {
      for (const { stop } of all) stop()
    }
  }
}

const whenLive = <A>(store: Store<Live<A>>, then: (data: A, at: number) => void) => {
  store.subscribe(() => {
    const now = store.get()
    if (now.state === "live") then(now.data, now.at)
  })
}

const endWhenRefused = (store: Pick<Store<Live<unknown>>, "get" | "subscribe">) => {
  store.subscribe(() => {
    const now = store.get()
    if (now.state === "lost" && isUnauthenticated(now.error)) endSession()
  })
}

export const SourcesContext = createContext<Sources | undefined>(undefined)

/** Opened with the first look, closed with the last. */
export const useOpenSources = (token: string): Sources | undefined => {
  const [sources, setSources] = useState<Sources>()
  useEffect(() => {
    const opened = open(token)
    setSources(opened)
    return opened.stop
  }, [token])
  return sources
}

export const useSources = (): Sources => {
  const sources = useContext(SourcesContext)
  if (sources === undefined) throw new Error("useSources belongs below ConsolePage")
  return sources
}

/** How the connection is. */
export type Connection =
  | { readonly state: "loading" }
  | { readonly state: "live" }
  /** What is shown is from `since`; absent where there was never anything. */
  | { readonly state: "lost"; readonly since?: number }

/** Lost as soon as one source is, unless the server has answered it, if only with a no. */
export const useConnection = ({ queues, ledger, cluster }: Sources): Connection => {
  const all = [useStore(queues.store), useStore(ledger.store), useStore(cluster.store)]
  const lost = all.filter((live) => live.state === "lost" && !isRefusal(live.error))
  if (lost.length > 0) {
    const times = lost.flatMap((live) => (live.state === "lost" && live.at !== undefined ? [live.at] : []))
    return times.length === 0 ? { state: "lost" } : { state: "lost", since: Math.min(...times) }
  }
  return { state: all.some((live) => live.state === "live") ? "live" : "loading" }
}
