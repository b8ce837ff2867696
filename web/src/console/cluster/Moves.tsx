import type { WatchClusterResponse } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { DataTable } from "../parts/DataTable.tsx"
import { Panel } from "../parts/Panel.tsx"
import { useSources } from "../sources.ts"
import { marksOf } from "./marks.ts"
import { isUnderWay, type SeenMove } from "./observeMoves.ts"
import { RunnerMark } from "./RunnerMark.tsx"
import "./moves.css"

/** At least this much time across the picture. */
const shortestWindow = 10_000
const pictured = 12
/** A drain moves a hundred at once: the map shows them all, the table the first of them. */
const listed = 20

/** Hand-offs under way, and those that were seen to end. */
export const Moves = ({ cluster, now }: { readonly cluster: WatchClusterResponse; readonly now: number }) => {
  const words = useWords()
  const moves = useStore(useSources().moves)
  const marks = marksOf(cluster.runners)
  const underWay = moves.filter(isUnderWay).length
  return (
    <Panel
      title={words.say("moves.title")}
      note={words.say("moves.note", { underWay, seen: moves.length - underWay })}
    >
      {moves.length > 0 && <Timeline moves={moves.slice(0, pictured)} now={now} marks={marks} />}
      <DataTable
        caption={words.say("moves.title")}
        rows={moves.slice(0, listed)}
        rowKey={({ key }) => key}
        empty={words.say("moves.none")}
        columns={[
          { key: "shard", title: words.say("shard.shard"), cell: ({ shardId }) => words.number(shardId) },
          {
            key: "from",
            title: words.say("moves.from"),
            cell: ({ from }) => <RunnerMark runnerId={from} mark={marks.get(from)} />
          },
          {
            key: "to",
            title: words.say("moves.to"),
            cell: ({ to }) => <RunnerMark runnerId={to} mark={marks.get(to)} />
          },
          {
            key: "state",
            title: words.say("shard.state"),
            cell: (move) =>
              isUnderWay(move)
                ? words.say("moves.underWay")
                : words.say(move.isCalledOff === true ? "moves.calledOff" : "moves.done")
          },
          {
            key: "epoch",
            title: words.say("moves.epoch"),
            isNumber: true,
            cell: ({ epoch }) => (epoch === undefined ? "–" : words.number(Number(epoch)))
          },
          { key: "began", title: words.say("moves.began"), cell: ({ beganAt }) => words.clock(beganAt) },
          {
            key: "took",
            title: words.say("moves.took"),
            isNumber: true,
            cell: ({ beganAt, endedAt }) => words.duration((endedAt ?? now) - beganAt)
          }
        ]}
      />
      {moves.length > listed && (
        <p className="cluster__hint">{words.say("moves.more", { count: moves.length - listed })}</p>
      )}
      {moves.length > 0 && <p className="cluster__hint">{words.say("moves.hint")}</p>}
    </Panel>
  )
}

interface TimelineProps {
  readonly moves: ReadonlyArray<SeenMove>
  readonly now: number
  readonly marks: ReturnType<typeof marksOf>
}

/** A bar for each move over one axis of time: from the old owner's colour to the new one's. */
const Timeline = ({ moves, now, marks }: TimelineProps) => {
  const words = useWords()
  const end = Math.max(...moves.map((move) => move.endedAt ?? now))
  const begin = Math.min(end - shortestWindow, ...moves.map(({ beganAt }) => beganAt))
  const percent = (at: number) => ((at - begin) / (end - begin)) * 100
  return (
    <figure className="timeline" role="img" aria-label={words.say("moves.picture", { count: moves.length })}>
      {moves.map((move) => (
        <div key={move.key} className="timeline__row">
          <span className="timeline__name">{words.say("shard.title", { shard: move.shardId })}</span>
          <span className="timeline__track">
            <span
              className="timeline__bar marked"
              data-mark={marks.get(move.to)?.style}
              data-heat={isUnderWay(move) ? 3 : 6}
              data-open={isUnderWay(move)}
              style={{
                insetInlineStart: `min(100% - 0.5rem, ${percent(move.beganAt)}%)`,
                inlineSize: `max(0.5rem, ${percent(move.endedAt ?? now) - percent(move.beganAt)}%)`
              }}
            />
          </span>
          <span className="timeline__took">{words.duration((move.endedAt ?? now) - move.beganAt)}</span>
        </div>
      ))}
      <div className="timeline__row timeline__axis">
        <span />
        <span className="timeline__ends">
          <span>{words.clock(begin)}</span>
          <span>{words.clock(end)}</span>
        </span>
        <span />
      </div>
    </figure>
  )
}
