import { useWords } from "../../i18n/WordsProvider.tsx"
import type { Live } from "../../rpc/follow.ts"
import type { History } from "../history.ts"
import { DataTable } from "../parts/DataTable.tsx"
import { Panel } from "../parts/Panel.tsx"
import { Pending } from "../parts/Pending.tsx"
import type { QueueRow } from "../queues.ts"
import { AreaChart } from "./AreaChart.tsx"

interface Props {
  readonly live: Live<ReadonlyArray<QueueRow>>
  readonly history: History
}

/** A picture of every stream, and the table of the same. */
export const Streams = ({ live, history }: Props) => {
  const words = useWords()
  if (live.state === "loading" || live.data === undefined) {
    return (
      <Panel title={words.say("flow.streams")}>
        <Pending live={live} />
      </Panel>
    )
  }
  const now = live.at ?? 0
  return (
    <>
      <div className="streams">
        {live.data.map((queue) => (
          <StreamPanel key={queue.stream} queue={queue} history={history} now={now} />
        ))}
      </div>
      <Panel title={words.say("flow.streams")}>
        <DataTable
          caption={words.say("flow.streams")}
          rows={live.data}
          rowKey={({ stream }) => stream}
          empty={words.say("flow.streams.none")}
          columns={[
            { key: "stream", title: words.say("flow.stream"), cell: ({ stream }) => <code>{stream}</code> },
            { key: "group", title: words.say("flow.group"), cell: ({ group }) => group },
            {
              key: "waiting",
              title: words.say("flow.waiting"),
              isNumber: true,
              cell: (row) => words.number(row.waiting)
            },
            {
              key: "running",
              title: words.say("flow.running"),
              isNumber: true,
              cell: (row) => words.number(row.running)
            },
            {
              key: "oldest",
              title: words.say("flow.age"),
              isNumber: true,
              cell: (row) => words.duration(row.oldestMillis)
            },
            {
              key: "dead",
              title: words.say("flow.dead"),
              isNumber: true,
              cell: (row) => words.number(row.dead)
            }
          ]}
        />
      </Panel>
    </>
  )
}

interface StreamPanelProps {
  readonly queue: QueueRow
  readonly history: History
  readonly now: number
}

const StreamPanel = ({ queue, history, now }: StreamPanelProps) => {
  const words = useWords()
  const samples = history.get(queue.stream) ?? []
  const most = samples.reduce((max, { value }) => Math.max(max, value), 0)
  const depth = words.number(queue.waiting + queue.running)
  const age = words.duration(queue.oldestMillis)
  return (
    <Panel
      title={queue.stream}
      note={words.say("flow.stream.note", { depth, age })}
      className="streams__panel"
    >
      <AreaChart
        samples={samples}
        now={now}
        max={Math.max(most, 10)}
        label={words.say("flow.picture", { stream: queue.stream, most: words.number(most), depth })}
        from={words.say("flow.picture.from")}
        top={words.say("flow.picture.top", { most: words.number(most) })}
        to={words.say("flow.picture.to")}
      />
    </Panel>
  )
}
