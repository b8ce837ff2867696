import {
  MoveState,
  type Rebalance,
  type WatchClusterResponse
} from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import type { MessageKey } from "../../i18n/en/catalog.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { DataTable } from "../parts/DataTable.tsx"
import { marksOf } from "./marks.ts"
import { RunnerMark } from "./RunnerMark.tsx"

interface Props {
  readonly rebalance: Rebalance
  readonly cluster: WatchClusterResponse
}

const moveStates = {
  [MoveState.UNSPECIFIED]: "moveState.waiting",
  [MoveState.WAITING]: "moveState.waiting",
  [MoveState.MOVING]: "moveState.moving",
  [MoveState.DONE]: "moveState.done",
  [MoveState.SKIPPED]: "moveState.skipped",
  [MoveState.FAILED]: "moveState.failed"
} as const satisfies Record<MoveState, MessageKey>

/** What a rebalance makes of each runner, and every single move. */
export const RebalanceTables = ({ rebalance: { shares, moves }, cluster }: Props) => {
  const words = useWords()
  const marks = marksOf(cluster.runners)
  const times = (share: number) => words.say("runners.times", { times: words.number(share, 2) })
  return (
    <>
      <DataTable
        caption={words.say("rebalance.shares")}
        rows={shares}
        rowKey={({ runnerId }) => runnerId}
        empty=""
        columns={[
          {
            key: "runner",
            title: words.say("rebalance.runner"),
            cell: ({ runnerId }) => <RunnerMark runnerId={runnerId} mark={marks.get(runnerId)} />
          },
          {
            key: "before",
            title: words.say("rebalance.before"),
            isNumber: true,
            cell: ({ before }) => times(before)
          },
          {
            key: "after",
            title: words.say("rebalance.after"),
            isNumber: true,
            cell: ({ after }) => times(after)
          }
        ]}
      />
      <details className="cluster__moves">
        <summary>{words.say("rebalance.allMoves", { count: moves.length })}</summary>
        <DataTable
          caption={words.say("rebalance.moves")}
          rows={moves}
          rowKey={({ shardId }) => String(shardId)}
          empty={words.say("rebalance.noMoves")}
          columns={[
            { key: "shard", title: words.say("shard.shard"), cell: ({ shardId }) => words.number(shardId) },
            {
              key: "way",
              title: words.say("rebalance.way"),
              cell: ({ from, to }) => `${from || "–"} → ${to}`
            },
            {
              key: "load",
              title: words.say("shard.load"),
              isNumber: true,
              cell: ({ load }) => words.number(load, 1)
            },
            {
              key: "state",
              title: words.say("shard.state"),
              cell: ({ state }) => words.say(moveStates[state])
            }
          ]}
        />
      </details>
    </>
  )
}
