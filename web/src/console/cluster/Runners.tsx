import { Badge } from "@fluentui/react-components"
import type { Runner, WatchClusterResponse } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { ConfirmAction } from "../parts/ConfirmAction.tsx"
import { type Column, DataTable } from "../parts/DataTable.tsx"
import { Panel } from "../parts/Panel.tsx"
import { useSources } from "../sources.ts"
import { drainCommand, undrainCommand } from "./commands.ts"
import { marksOf } from "./marks.ts"
import { RunnerMark } from "./RunnerMark.tsx"

/** Every process that runs mailboxes. */
export const Runners = ({ cluster: { runners } }: { readonly cluster: WatchClusterResponse }) => {
  const words = useWords()
  const marks = marksOf(runners)
  const number = (key: string, title: string, value: (runner: Runner) => string): Column<Runner> => ({
    key,
    title,
    isNumber: true,
    cell: value
  })
  return (
    <Panel title={words.say("runners.title")}>
      <DataTable
        caption={words.say("runners.title")}
        rows={runners}
        rowKey={({ runnerId }) => runnerId}
        empty={words.say("runners.none")}
        columns={[
          {
            key: "runner",
            title: words.say("runners.runner"),
            cell: ({ runnerId, version }) => (
              <span className="cluster__pair">
                <RunnerMark runnerId={runnerId} mark={marks.get(runnerId)} />
                <small>{version}</small>
              </span>
            )
          },
          { key: "state", title: words.say("runners.state"), cell: (runner) => <State runner={runner} /> },
          {
            key: "address",
            title: words.say("runners.address"),
            cell: ({ address, zone }) => (
              <span className="cluster__pair">
                <code>{address === "" ? "–" : address}</code>
                <small>{zone}</small>
              </span>
            )
          },
          number("weight", words.say("runners.weight"), ({ weight }) => words.number(weight, 2)),
          number("shards", words.say("runners.shards"), ({ shards }) => words.number(shards)),
          number("load", words.say("shard.load"), ({ cost }) =>
            cost === undefined ? "–" : words.number(cost.load, 1)
          ),
          number("share", words.say("runners.share"), ({ share }) =>
            words.say("runners.times", { times: words.number(share, 2) })
          ),
          number("lease", words.say("runners.lease"), ({ leaseMillis }) =>
            leaseMillis === 0 ? words.say("runners.lease.over") : words.duration(leaseMillis)
          ),
          {
            key: "actions",
            title: words.say("runners.actions"),
            cell: (runner) => <Drain runner={runner} />
          }
        ]}
      />
    </Panel>
  )
}

const State = ({ runner: { leaseMillis, draining, stopping } }: { readonly runner: Runner }) => {
  const words = useWords()
  if (leaseMillis === 0) return <Badge color="danger">{words.say("runners.state.dead")}</Badge>
  if (stopping) return <Badge color="warning">{words.say("runners.state.stopping")}</Badge>
  if (draining) return <Badge color="warning">{words.say("runners.state.draining")}</Badge>
  return <Badge color="success">{words.say("runners.state.serving")}</Badge>
}

const Drain = ({ runner: { runnerId, shards, draining } }: { readonly runner: Runner }) => {
  const words = useWords()
  const { clients } = useSources()
  return draining ? (
    <ConfirmAction
      trigger={{
        label: words.say("undrain.label"),
        spokenLabel: words.say("undrain.title", { runner: runnerId })
      }}
      title={words.say("undrain.title", { runner: runnerId })}
      happens={[words.say("undrain.happens", { runner: runnerId }), words.say("undrain.happens.share")]}
      command={undrainCommand(runnerId)}
      confirm={words.say("undrain.label")}
      run={async () => {
        await clients.cluster.undrainRunner({ runnerId })
        return words.say("undrain.done", { runner: runnerId })
      }}
    />
  ) : (
    <ConfirmAction
      trigger={{
        label: words.say("drain.label"),
        spokenLabel: words.say("drain.title", { runner: runnerId })
      }}
      title={words.say("drain.title", { runner: runnerId })}
      happens={[
        words.say("drain.happens", { runner: runnerId, shards }),
        words.say("move.happens.pause"),
        words.say("drain.happens.stays", { runner: runnerId })
      ]}
      command={drainCommand(runnerId)}
      confirm={words.say("drain.label")}
      run={async () => {
        const given = await clients.cluster.drainRunner({ runnerId })
        return words.say("drain.done", { runner: runnerId, shards: given.shards })
      }}
    />
  )
}
