import { Field, SpinButton } from "@fluentui/react-components"
import { useState } from "react"
import type { DeadLetter, DeadLetterCause } from "../../../../src/rpc/gen/postroom/core/v1/queue_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { ConfirmAction } from "../parts/ConfirmAction.tsx"
import { useSources } from "../sources.ts"
import { replayAllCommand, replayOneCommand } from "./causes.ts"

/** Tries one task, before all of its kind. */
export const ReplayOne = ({ task: { taskId, stream } }: { readonly task: DeadLetter }) => {
  const words = useWords()
  const { queue } = useSources().clients
  return (
    <ConfirmAction
      trigger={{ label: words.say("dead.replay.one") }}
      title={words.say("dead.replay.one.title")}
      happens={[
        words.say("dead.replay.one.happens", { task: taskId, stream }),
        words.say("dead.replay.once"),
        words.say("dead.replay.again")
      ]}
      command={replayOneCommand(stream, taskId)}
      confirm={words.say("dead.replay.confirm", { tasks: 1 })}
      run={async () => {
        const { replayed } = await queue.replayDeadLetters({ stream, taskIds: [taskId] })
        return words.say("dead.replay.done", { tasks: Number(replayed), stream })
      }}
    />
  )
}

/** Tries all tasks of a cause, so many in a second. */
export const ReplayAll = ({ cause: { stream, cause, tasks } }: { readonly cause: DeadLetterCause }) => {
  const words = useWords()
  const { queue } = useSources().clients
  const [perSecond, setPerSecond] = useState(5)
  const count = Number(tasks)
  return (
    <ConfirmAction
      trigger={{ label: words.say("dead.replay.all"), appearance: "primary" }}
      title={words.say("dead.replay.all.title")}
      choice={
        <Field label={words.say("dead.replay.pace")}>
          <SpinButton
            value={perSecond}
            min={1}
            max={1000}
            onChange={(_event, { value, displayValue }) => {
              const next = value ?? Number(displayValue)
              if (Number.isInteger(next) && next >= 1 && next <= 1000) setPerSecond(next)
            }}
          />
        </Field>
      }
      happens={[
        words.say("dead.replay.all.happens", { tasks: count, stream }),
        words.say("dead.replay.pace.happens", {
          rate: perSecond,
          time: words.duration(Math.ceil(count / perSecond) * 1000)
        }),
        words.say("dead.replay.once"),
        words.say("dead.replay.again")
      ]}
      command={replayAllCommand({ stream, cause }, perSecond)}
      confirm={words.say("dead.replay.confirm", { tasks: count })}
      run={async () => {
        const { replayed } = await queue.replayDeadLetters({ stream, all: true, cause, perSecond })
        return words.say("dead.replay.done", { tasks: Number(replayed), stream })
      }}
    />
  )
}
