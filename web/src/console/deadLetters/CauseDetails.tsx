import { timestampMs } from "@bufbuild/protobuf/wkt"
import { useMemo } from "react"
import type { DeadLetterCause } from "../../../../src/rpc/gen/postroom/core/v1/queue_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { polled } from "../../rpc/follow.ts"
import { DataTable } from "../parts/DataTable.tsx"
import { Panel } from "../parts/Panel.tsx"
import { Pending } from "../parts/Pending.tsx"
import { useSources } from "../sources.ts"
import { listed, readTasks } from "./causes.ts"
import { Inspect } from "./Inspect.tsx"
import { ReplayAll, ReplayOne } from "./Replay.tsx"
import { useFollowed } from "./useFollowed.ts"

const everyMillis = 3_000

/** The tasks of one cause: what they are, and trying them again. */
export const CauseDetails = ({ cause }: { readonly cause: DeadLetterCause }) => {
  const words = useWords()
  const { queue } = useSources().clients
  const { stream, cause: text } = cause
  const live = useFollowed(
    useMemo(() => polled(readTasks(queue, { stream, cause: text }), everyMillis), [queue, stream, text])
  )
  const tasks = live.state === "loading" ? undefined : live.data
  const first = tasks?.[0]
  return (
    <Panel
      title={text}
      note={words.say("dead.count", { tasks: Number(cause.tasks) })}
      actions={
        <>
          {first !== undefined && <ReplayOne task={first} />}
          <ReplayAll cause={cause} />
        </>
      }
    >
      {tasks === undefined ? (
        <Pending live={live} />
      ) : (
        <>
          <DataTable
            caption={text}
            rows={tasks}
            rowKey={({ taskId }) => taskId}
            empty={words.say("dead.empty")}
            columns={[
              { key: "task", title: words.say("dead.task"), cell: ({ taskId }) => <code>{taskId}</code> },
              {
                key: "attempts",
                title: words.say("dead.attempts"),
                isNumber: true,
                cell: ({ attempt }) => words.number(attempt)
              },
              {
                key: "died",
                title: words.say("dead.died"),
                cell: ({ diedAt }) => (diedAt === undefined ? "–" : words.dateAndTime(timestampMs(diedAt)))
              },
              {
                key: "correlation",
                title: words.say("dead.correlation"),
                cell: ({ correlationId }) => <code>{correlationId}</code>
              },
              {
                key: "actions",
                title: words.say("runners.actions"),
                cell: (task) => <Inspect task={task} />
              }
            ]}
          />
          {tasks.length === listed && (
            <p className="dead-letters__empty">{words.say("dead.shown", { count: listed })}</p>
          )}
        </>
      )}
    </Panel>
  )
}
