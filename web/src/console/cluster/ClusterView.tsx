import { timestampMs } from "@bufbuild/protobuf/wkt"
import { MessageBar, MessageBarBody } from "@fluentui/react-components"
import { useState } from "react"
import type { WatchClusterResponse } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { Figure } from "../parts/Figure.tsx"
import { Panel } from "../parts/Panel.tsx"
import { Pending } from "../parts/Pending.tsx"
import { useSources } from "../sources.ts"
import { Mailboxes } from "./Mailboxes.tsx"
import { Moves } from "./Moves.tsx"
import { RebalancePanel } from "./RebalancePanel.tsx"
import { Runners } from "./Runners.tsx"
import { ShardDetails } from "./ShardDetails.tsx"
import { ShardMap } from "./ShardMap.tsx"
import "./cluster.css"

/** Who has which shard, what each costs, and moving them. */
export const ClusterView = () => {
  const words = useWords()
  const live = useStore(useSources().cluster.store)
  const [selected, setSelected] = useState<number>()
  if (live.state === "loading" || live.data === undefined) {
    return (
      <Panel title={words.say("cluster.title")}>
        <Pending live={live} />
      </Panel>
    )
  }
  const cluster = live.data
  const now = cluster.at === undefined ? (live.at ?? 0) : timestampMs(cluster.at)
  return (
    <>
      {!cluster.shardMapAvailable && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{words.say("cluster.mapAway")}</MessageBarBody>
        </MessageBar>
      )}
      <Figures cluster={cluster} />
      <div className="cluster__columns">
        <div className="cluster__main">
          <ShardMap cluster={cluster} selected={selected} select={setSelected} />
          <Runners cluster={cluster} />
          <Moves cluster={cluster} now={now} />
          <Mailboxes cluster={cluster} />
        </div>
        <div className="cluster__aside">
          <ShardDetails
            cluster={cluster}
            shard={cluster.shards.find(({ shardId }) => shardId === selected)}
          />
          <RebalancePanel cluster={cluster} />
        </div>
      </div>
    </>
  )
}

const Figures = ({ cluster: { runners, shards, spread } }: { readonly cluster: WatchClusterResponse }) => {
  const words = useWords()
  const alive = runners.filter(({ leaseMillis }) => leaseMillis > 0).length
  const orphans = shards.filter(({ ownerAlive }) => !ownerAlive).length
  const moving = shards.filter(({ owner, target }) => target !== "" && target !== owner).length
  const hot = shards.filter((shard) => shard.hot).length
  return (
    <div className="figures">
      <Figure
        name={words.say("cluster.runners")}
        value={words.say("cluster.runners.value", { alive, all: runners.length })}
        note={words.say("cluster.runners.note")}
        tone={alive === runners.length ? "good" : "bad"}
      />
      <Figure
        name={words.say("cluster.served")}
        value={words.say("cluster.served.value", { served: shards.length - orphans, all: shards.length })}
        note={words.say("cluster.served.note")}
        tone={orphans === 0 ? "good" : "bad"}
      />
      <Figure
        name={words.say("cluster.spread")}
        value={words.say("runners.times", { times: words.number(spread, 2) })}
        note={words.say("cluster.spread.note")}
      />
      <Figure
        name={words.say("cluster.moving")}
        value={words.number(moving)}
        note={words.say("cluster.moving.note")}
      />
      <Figure
        name={words.say("cluster.hot")}
        value={words.number(hot)}
        note={words.say("cluster.hot.note")}
        {...(hot === 0 ? {} : { tone: "bad" as const })}
      />
    </div>
  )
}
