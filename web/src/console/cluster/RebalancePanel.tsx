import { Badge, MessageBar, MessageBarBody, ProgressBar } from "@fluentui/react-components"
import {
  type Rebalance,
  RebalanceState,
  type WatchClusterResponse
} from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import type { MessageKey } from "../../i18n/en/catalog.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { ConfirmAction } from "../parts/ConfirmAction.tsx"
import { Facts } from "../parts/Facts.tsx"
import { Panel } from "../parts/Panel.tsx"
import { useSources } from "../sources.ts"
import { reverseCommand, runCommand, stopCommand } from "./commands.ts"
import { PlanForm } from "./PlanForm.tsx"
import { RebalanceTables } from "./RebalanceTables.tsx"
import { isRunning, useRebalance } from "./useRebalance.ts"

/** Plan, dry run, run, stop, reverse. */
export const RebalancePanel = ({ cluster }: { readonly cluster: WatchClusterResponse }) => {
  const words = useWords()
  const { shown, setShown } = useRebalance(cluster)
  return (
    <Panel title={words.say("rebalance.title")} actions={shown !== undefined && <State rebalance={shown} />}>
      {shown !== undefined && <Shown rebalance={shown} cluster={cluster} changed={setShown} />}
      {(shown === undefined || !isRunning(shown)) && <PlanForm planned={setShown} />}
    </Panel>
  )
}

const stateNames = {
  [RebalanceState.UNSPECIFIED]: "rebalance.state.planned",
  [RebalanceState.PLANNED]: "rebalance.state.planned",
  [RebalanceState.RUNNING]: "rebalance.state.running",
  [RebalanceState.PAUSED]: "rebalance.state.paused",
  [RebalanceState.STOPPED]: "rebalance.state.stopped",
  [RebalanceState.DONE]: "rebalance.state.done"
} as const satisfies Record<RebalanceState, MessageKey>

const State = ({ rebalance: { state } }: { readonly rebalance: Rebalance }) => {
  const words = useWords()
  const color =
    state === RebalanceState.DONE
      ? "success"
      : state === RebalanceState.RUNNING
        ? "brand"
        : state === RebalanceState.PLANNED
          ? "informative"
          : "warning"
  return <Badge color={color}>{words.say(stateNames[state])}</Badge>
}

interface ShownProps {
  readonly rebalance: Rebalance
  readonly cluster: WatchClusterResponse
  readonly changed: (rebalance: Rebalance | undefined) => void
}

const Shown = ({ rebalance, cluster, changed }: ShownProps) => {
  const words = useWords()
  const { total, ended, moving, spreadBefore, spreadAfter, maxMoving, reason, reverses, state } = rebalance
  if (total === 0) return <p className="cluster__hint">{words.say("rebalance.even")}</p>
  return (
    <>
      <Facts
        facts={[
          [words.say("rebalance.moves"), words.say("rebalance.moves.value", { total, atOnce: maxMoving })],
          [
            words.say("rebalance.spread"),
            words.say("rebalance.spread.value", {
              before: words.number(spreadBefore, 2),
              after: words.number(spreadAfter, 2)
            })
          ],
          ...(reverses === "" ? [] : [[words.say("rebalance.reverses"), reverses] as const])
        ]}
      />
      {reason !== "" && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{reason}</MessageBarBody>
        </MessageBar>
      )}
      {state !== RebalanceState.PLANNED && (
        <div className="cluster__progress">
          <ProgressBar
            value={ended}
            max={total}
            thickness="large"
            aria-label={words.say("rebalance.progress", { ended, total, moving })}
          />
          <span>{words.say("rebalance.progress", { ended, total, moving })}</span>
        </div>
      )}
      <div className="cluster__buttons">
        <Actions rebalance={rebalance} changed={changed} />
      </div>
      <RebalanceTables rebalance={rebalance} cluster={cluster} />
    </>
  )
}

const Actions = ({ rebalance, changed }: Omit<ShownProps, "cluster">) => {
  const words = useWords()
  const { clients } = useSources()
  const { id, state, total, ended, maxMoving } = rebalance
  if (isRunning(rebalance)) {
    return (
      <ConfirmAction
        trigger={{ label: words.say("stop.label") }}
        title={words.say("stop.title")}
        happens={[words.say("stop.happens"), words.say("stop.happens.after")]}
        command={stopCommand(id)}
        confirm={words.say("stop.label")}
        run={async () => {
          changed((await clients.cluster.stopRebalance({ id })).rebalance)
          return words.say("stop.done")
        }}
      />
    )
  }
  const canRun = state === RebalanceState.PLANNED || state === RebalanceState.STOPPED
  return (
    <>
      {canRun && (
        <ConfirmAction
          trigger={{
            label: words.say(state === RebalanceState.PLANNED ? "run.label" : "run.goOn"),
            appearance: "primary"
          }}
          title={words.say("run.title")}
          happens={[
            words.say("run.happens", { count: total - ended, atOnce: maxMoving }),
            words.say("move.happens.pause"),
            words.say("run.happens.guard"),
            words.say("run.happens.undo")
          ]}
          command={runCommand(id)}
          confirm={words.say("run.confirm", { count: total - ended })}
          run={async () => {
            changed((await clients.cluster.runRebalance({ id })).rebalance)
            return words.say("run.done")
          }}
        />
      )}
      {state !== RebalanceState.PLANNED && ended > 0 && (
        <ConfirmAction
          trigger={{ label: words.say("reverse.label") }}
          title={words.say("reverse.title")}
          happens={[words.say("reverse.happens"), words.say("move.happens.pause")]}
          command={reverseCommand(id)}
          confirm={words.say("reverse.label")}
          run={async () => {
            changed((await clients.cluster.reverseRebalance({ id })).rebalance)
            return words.say("reverse.done")
          }}
        />
      )}
    </>
  )
}
