import { Button } from "@fluentui/react-components"
import type { Shard } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import type { Words } from "../../i18n/makeWords.ts"
import type { Column } from "../parts/DataTable.tsx"
import type { Mark } from "./marks.ts"
import { RunnerMark } from "./RunnerMark.tsx"

interface Given {
  readonly marks: ReadonlyMap<string, Mark>
  readonly select: (shardId: number) => void
}

/** What the picture shows, in columns. */
export const shardColumns = (words: Words, { marks, select }: Given): ReadonlyArray<Column<Shard>> => [
  {
    key: "shard",
    title: words.say("shard.shard"),
    cell: ({ shardId }) => (
      <Button size="small" appearance="subtle" onClick={() => select(shardId)}>
        {words.number(shardId)}
      </Button>
    )
  },
  {
    key: "owner",
    title: words.say("shard.owner"),
    cell: ({ owner }) => <RunnerMark runnerId={owner} mark={marks.get(owner)} />
  },
  {
    key: "epoch",
    title: words.say("shard.epoch"),
    isNumber: true,
    cell: ({ epoch }) => words.number(Number(epoch))
  },
  {
    key: "load",
    title: words.say("shard.load"),
    isNumber: true,
    cell: ({ cost }) => words.number(cost?.load ?? 0, 1)
  },
  {
    key: "mailboxes",
    title: words.say("shard.mailboxes"),
    isNumber: true,
    cell: ({ cost }) => words.number(cost?.mailboxes ?? 0)
  },
  {
    key: "watchers",
    title: words.say("shard.watchers"),
    isNumber: true,
    cell: ({ cost }) => words.number(cost?.watchers ?? 0)
  },
  {
    key: "state",
    title: words.say("shard.state"),
    cell: (shard) => stateText(words, shard)
  }
]

export const stateText = (words: Words, { owner, ownerAlive, target, hot, pinnedTo }: Shard): string =>
  [
    ...(target !== "" && target !== owner ? [words.say("shard.label.moving", { target })] : []),
    ...(ownerAlive ? [] : [words.say("shards.legend.orphan")]),
    ...(hot ? [words.say("shards.legend.hot")] : []),
    ...(pinnedTo === "" ? [] : [words.say("shard.label.pinned", { runner: pinnedTo })])
  ].join(", ") || words.say("shard.serving")
