import type { Shard } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"

/** All that the picture of a shard shows, in words. */
export const useShardLabel = () => {
  const words = useWords()
  return ({ shardId, owner, ownerAlive, target, pinnedTo, hot, cost }: Shard): string =>
    [
      words.say("shard.label", { shard: shardId, owner: owner === "" ? "–" : owner }),
      words.say("shard.label.load", { load: words.number(cost?.load ?? 0, 1) }),
      ...(target !== "" && target !== owner ? [words.say("shard.label.moving", { target })] : []),
      ...(ownerAlive ? [] : [words.say("shards.legend.orphan")]),
      ...(hot ? [words.say("shards.legend.hot")] : []),
      ...(pinnedTo === "" ? [] : [words.say("shard.label.pinned", { runner: pinnedTo })])
    ].join(", ")
}
