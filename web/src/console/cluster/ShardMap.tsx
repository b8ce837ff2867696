import { Tab, TabList } from "@fluentui/react-components"
import { type KeyboardEvent, memo, useRef, useState } from "react"
import type {
  Runner,
  Shard,
  WatchClusterResponse
} from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { DataTable } from "../parts/DataTable.tsx"
import { Panel } from "../parts/Panel.tsx"
import { heatOf, hottestStep, meanLoad } from "./heat.ts"
import { type Mark, marksOf } from "./marks.ts"
import { neighbour } from "./neighbour.ts"
import { RunnerMark } from "./RunnerMark.tsx"
import { shardColumns } from "./shardColumns.tsx"
import { useShardLabel } from "./shardLabel.ts"
import "./shardMap.css"

interface Props {
  readonly cluster: WatchClusterResponse
  readonly selected: number | undefined
  readonly select: (shardId: number) => void
}

const shapes = ["runners", "all", "table"] as const
type Shape = (typeof shapes)[number]

/** Who has which shard, and what each costs: as a picture in two shapes, and as a table. */
export const ShardMap = ({ cluster, selected, select }: Props) => {
  const words = useWords()
  const [shape, setShape] = useState<Shape>("runners")
  const { shards, runners, spread } = cluster
  const marks = marksOf(runners)
  const epoch = Math.max(0, ...shards.map((shard) => Number(shard.epoch)))
  return (
    <Panel
      title={words.say("shards.title")}
      note={words.say("shards.note", {
        shards: shards.length,
        runners: runners.length,
        epoch: words.number(epoch),
        spread: words.number(spread, 2)
      })}
      actions={
        <TabList
          size="small"
          aria-label={words.say("shards.shape")}
          selectedValue={shape}
          onTabSelect={(_event, { value }) => setShape(shapes.find((one) => one === value) ?? "runners")}
        >
          {shapes.map((one) => (
            <Tab key={one} value={one}>
              {words.say(`shards.shape.${one}`)}
            </Tab>
          ))}
        </TabList>
      }
    >
      {shape === "table" ? (
        <DataTable
          caption={words.say("shards.title")}
          rows={shards}
          rowKey={({ shardId }) => String(shardId)}
          empty={words.say("shards.none")}
          columns={shardColumns(words, { marks, select })}
        />
      ) : (
        <Picture {...{ cluster, marks, selected, select, shape }} />
      )}
    </Panel>
  )
}

interface PictureProps extends Props {
  readonly marks: ReadonlyMap<string, Mark>
  readonly shape: "runners" | "all"
}

const Picture = ({ cluster: { shards, runners }, marks, selected, select, shape }: PictureProps) => {
  const words = useWords()
  const mean = meanLoad(shards)
  const here = useRef<HTMLFieldSetElement>(null)
  const [reached, setReached] = useState<number>()
  const reachable = reached ?? selected ?? shards[0]?.shardId
  const walk = (event: KeyboardEvent<HTMLFieldSetElement>) => {
    const cells = [...(here.current?.querySelectorAll("button") ?? [])]
    const current = cells.findIndex((cell) => cell.matches(":focus"))
    const next = neighbour(
      cells.map((cell) => cell.getBoundingClientRect()),
      current,
      { key: event.key, isRightToLeft: words.direction === "rtl" }
    )
    if (next === undefined) return
    event.preventDefault()
    cells[next]?.focus()
  }
  const cellsOf = (some: ReadonlyArray<Shard>) => (
    <div className="shard-map__cells">
      {some.map((shard) => (
        <Cell
          key={shard.shardId}
          shardId={shard.shardId}
          mark={marks.get(shard.owner)?.style}
          letter={shape === "all" ? (marks.get(shard.owner)?.letter ?? "–") : undefined}
          heat={heatOf(shard.cost?.load ?? 0, mean)}
          state={stateOf(shard)}
          isSelected={shard.shardId === selected}
          isReachable={shard.shardId === reachable}
          label={shard}
          select={select}
          reach={setReached}
        />
      ))}
    </div>
  )
  const nobodys = shards.filter(({ owner }) => !marks.has(owner))
  return (
    <fieldset ref={here} className="shard-map" aria-label={words.say("shards.map")} onKeyDown={walk}>
      {shape === "all" ? (
        cellsOf(shards)
      ) : (
        <>
          {runners.map((runner) => (
            <RunnerRow
              key={runner.runnerId}
              runner={runner}
              mark={marks.get(runner.runnerId)}
              coming={
                shards.filter(({ owner, target }) => target === runner.runnerId && owner !== target).length
              }
            >
              {cellsOf(shards.filter(({ owner }) => owner === runner.runnerId))}
            </RunnerRow>
          ))}
          {nobodys.length > 0 && (
            <div className="shard-map__runner">
              <span className="shard-map__name">{words.say("shards.nobody")}</span>
              {cellsOf(nobodys)}
            </div>
          )}
        </>
      )}
      <Legend marks={marks} runners={runners} />
    </fieldset>
  )
}

interface RunnerRowProps {
  readonly runner: Runner
  readonly mark: Mark | undefined
  readonly coming: number
  readonly children: React.ReactNode
}

const RunnerRow = ({ runner, mark, coming, children }: RunnerRowProps) => {
  const words = useWords()
  return (
    <div className="shard-map__runner">
      <div className="shard-map__head">
        <strong>
          <RunnerMark runnerId={runner.runnerId} mark={mark} />
        </strong>
        <span className="shard-map__figures">
          {words.say("shards.runner", {
            shards: runner.shards,
            load: words.number(runner.cost?.load ?? 0, 1),
            share: words.number(runner.share, 2),
            watchers: runner.cost?.watchers ?? 0
          })}
          {coming > 0 && ` · ${words.say("shards.coming", { count: coming })}`}
        </span>
      </div>
      {children}
    </div>
  )
}

type CellState = "moving" | "orphan" | "hot" | "pinned" | "quiet"

/** What is most urgent about a shard. */
export const stateOf = ({ owner, ownerAlive, target, hot, pinnedTo }: Shard): CellState => {
  if (target !== "" && target !== owner) return "moving"
  if (!ownerAlive) return "orphan"
  if (hot) return "hot"
  return pinnedTo === "" ? "quiet" : "pinned"
}

const signs: Readonly<Record<CellState, string>> = {
  moving: "→",
  orphan: "×",
  hot: "!",
  pinned: "◆",
  quiet: ""
}

interface CellProps {
  readonly shardId: number
  readonly mark: number | undefined
  readonly letter: string | undefined
  readonly heat: number
  readonly state: CellState
  readonly isSelected: boolean
  readonly isReachable: boolean
  readonly label: Shard
  readonly select: (shardId: number) => void
  readonly reach: (shardId: number) => void
}

const Cell = memo((props: CellProps) => {
  const { shardId, mark, letter, heat, state, isSelected, isReachable, label, select, reach } = props
  const text = useShardLabel()(label)
  const sign = signs[state] === "" ? letter : signs[state]
  return (
    <button
      type="button"
      className="shard-map__cell marked"
      data-mark={mark}
      data-heat={heat}
      data-state={state}
      aria-pressed={isSelected}
      aria-label={text}
      title={text}
      tabIndex={isReachable ? 0 : -1}
      onClick={() => select(shardId)}
      onFocus={() => reach(shardId)}
    >
      {sign !== undefined && (
        <span className="shard-map__sign" aria-hidden="true">
          {sign}
        </span>
      )}
    </button>
  )
})

interface LegendProps {
  readonly marks: ReadonlyMap<string, Mark>
  readonly runners: ReadonlyArray<Runner>
}

const Legend = ({ marks, runners }: LegendProps) => {
  const words = useWords()
  const steps = Array.from({ length: hottestStep + 1 }, (_, step) => step)
  return (
    <div className="shard-map__legend">
      <span className="shard-map__scale">
        {words.say("shards.legend.low")}
        <span className="shard-map__ramp" aria-hidden="true">
          {steps.map((step) => (
            <span key={step} className="marked" data-mark={0} data-heat={step} />
          ))}
        </span>
        {words.say("shards.legend.high")}
      </span>
      {runners.map(({ runnerId }) => (
        <RunnerMark key={runnerId} runnerId={runnerId} mark={marks.get(runnerId)} />
      ))}
      {(["moving", "hot", "pinned", "orphan"] as const).map((state) => (
        <span key={state} className="shard-map__meaning">
          <span className="shard-map__sign" aria-hidden="true">
            {signs[state]}
          </span>
          {words.say(`shards.legend.${state}`)}
        </span>
      ))}
      <span className="shard-map__keys">{words.say("shards.legend.keys")}</span>
    </div>
  )
}
