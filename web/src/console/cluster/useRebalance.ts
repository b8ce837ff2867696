import { useEffect, useState } from "react"
import {
  type Rebalance,
  RebalanceState,
  type WatchClusterResponse
} from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useSources } from "../sources.ts"

/** The rebalance that the console speaks of: the one that runs, or the latest, with its moves. */
export const useRebalance = (cluster: WatchClusterResponse) => {
  const { clients } = useSources()
  const [latest, setLatest] = useState<Rebalance>()
  const running = cluster.rebalance
  // What the stream tells of it changes with every move; its moves are fetched then.
  const version =
    running === undefined ? "" : `${running.id} ${running.state} ${running.ended} ${running.moving}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version is the reason to look again
  useEffect(() => {
    const looking = new AbortController()
    clients.cluster
      .getRebalance({ id: "" }, { signal: looking.signal })
      .then(({ rebalance }) => setLatest(rebalance))
      // There has never been one, or the connection is gone, which is said elsewhere.
      .catch(() => {})
    return () => looking.abort()
  }, [clients, version])
  const shown = running === undefined || running.id === latest?.id ? (latest ?? running) : running
  return { shown, setShown: setLatest }
}

export const isRunning = ({ state }: Rebalance): boolean =>
  state === RebalanceState.RUNNING || state === RebalanceState.PAUSED
