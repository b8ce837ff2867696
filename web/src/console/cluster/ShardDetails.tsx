import type { Shard, WatchClusterResponse } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { ConfirmAction } from "../parts/ConfirmAction.tsx"
import { Facts } from "../parts/Facts.tsx"
import { Panel } from "../parts/Panel.tsx"
import { useSources } from "../sources.ts"
import { unpinCommand } from "./commands.ts"
import { marksOf } from "./marks.ts"
import { PlaceShard } from "./PlaceShard.tsx"
import { RunnerMark } from "./RunnerMark.tsx"
import { stateText } from "./shardColumns.tsx"

interface Props {
  readonly cluster: WatchClusterResponse
  readonly shard: Shard | undefined
}

/** One shard, and what can be done with it. */
export const ShardDetails = ({ cluster, shard }: Props) => {
  const words = useWords()
  const { clients } = useSources()
  if (shard === undefined) {
    return (
      <Panel title={words.say("shard.none")}>
        <p className="cluster__hint">{words.say("shard.choose")}</p>
      </Panel>
    )
  }
  const marks = marksOf(cluster.runners)
  const { shardId, owner, epoch, pinnedTo, cost } = shard
  const number = (value: number | undefined, digits = 1) =>
    value === undefined ? "–" : words.number(value, digits)
  return (
    <Panel
      title={words.say("shard.title", { shard: shardId })}
      actions={
        <>
          <PlaceShard kind="move" shard={shard} runners={cluster.runners} />
          <PlaceShard kind="pin" shard={shard} runners={cluster.runners} />
          {pinnedTo !== "" && (
            <ConfirmAction
              trigger={{ label: words.say("unpin.label") }}
              title={words.say("unpin.title", { shard: shardId })}
              happens={[words.say("unpin.happens", { runner: owner })]}
              command={unpinCommand(shardId)}
              confirm={words.say("unpin.label")}
              run={async () => {
                await clients.cluster.unpinShard({ shardId })
                return words.say("unpin.done", { shard: shardId })
              }}
            />
          )}
        </>
      }
    >
      <Facts
        facts={[
          [words.say("shard.owner"), <RunnerMark key="owner" runnerId={owner} mark={marks.get(owner)} />],
          [words.say("shard.state"), stateText(words, shard)],
          [words.say("shard.epoch"), words.number(Number(epoch))],
          [words.say("shard.load"), number(cost?.load)],
          [words.say("shard.commits"), number(cost?.commitMillis)],
          [words.say("shard.commands"), number(cost?.commands)],
          [words.say("shard.bytes"), number(cost?.bytes, 0)],
          [words.say("shard.mailboxes"), number(cost?.mailboxes)],
          [words.say("shard.watchers"), number(cost?.watchers)]
        ]}
      />
    </Panel>
  )
}
