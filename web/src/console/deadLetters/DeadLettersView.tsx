import { timestampMs } from "@bufbuild/protobuf/wkt"
import { useMemo, useState } from "react"
import type { DeadLetterCause } from "../../../../src/rpc/gen/postroom/core/v1/queue_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { polled } from "../../rpc/follow.ts"
import { Panel } from "../parts/Panel.tsx"
import { Pending } from "../parts/Pending.tsx"
import { useSources } from "../sources.ts"
import { CauseDetails } from "./CauseDetails.tsx"
import { keyOf, readCauses } from "./causes.ts"
import { useFollowed } from "./useFollowed.ts"
import "./deadLetters.css"

const everyMillis = 3_000

/** Work that was given up, by why. */
export const DeadLettersView = () => {
  const words = useWords()
  const { queue } = useSources().clients
  const live = useFollowed(useMemo(() => polled(readCauses(queue), everyMillis), [queue]))
  const [chosen, setChosen] = useState<string>()
  const causes = live.state === "loading" ? undefined : live.data
  if (causes === undefined) {
    return (
      <Panel title={words.say("dead.causes")}>
        <Pending live={live} />
      </Panel>
    )
  }
  const selected = causes.find((cause) => keyOf(cause) === chosen) ?? causes[0]
  const tasks = causes.reduce((sum, cause) => sum + Number(cause.tasks), 0)
  return (
    <div className="dead-letters" data-empty={causes.length === 0}>
      <Panel
        title={words.say("dead.causes")}
        {...(tasks === 0 ? {} : { note: words.say("dead.causes.note", { tasks, causes: causes.length }) })}
      >
        {causes.length === 0 ? (
          <p className="dead-letters__empty">{words.say("dead.empty")}</p>
        ) : (
          <>
            <ul className="dead-letters__causes">
              {causes.map((cause) => (
                <li key={keyOf(cause)}>
                  <Cause cause={cause} isChosen={cause === selected} choose={setChosen} />
                </li>
              ))}
            </ul>
            <p className="dead-letters__safe">{words.say("dead.safe")}</p>
          </>
        )}
      </Panel>
      {selected !== undefined && <CauseDetails key={keyOf(selected)} cause={selected} />}
    </div>
  )
}

interface CauseProps {
  readonly cause: DeadLetterCause
  readonly isChosen: boolean
  readonly choose: (key: string) => void
}

const Cause = ({ cause, isChosen, choose }: CauseProps) => {
  const words = useWords()
  const time = (at: DeadLetterCause["firstDiedAt"]) =>
    at === undefined ? "–" : words.dateAndTime(timestampMs(at))
  return (
    <button
      type="button"
      className="dead-letters__cause"
      aria-current={isChosen}
      onClick={() => choose(keyOf(cause))}
    >
      <strong>{cause.cause}</strong>
      <span>{words.say("dead.count", { tasks: Number(cause.tasks) })}</span>
      <span className="dead-letters__since">
        {words.say("dead.since", {
          stream: cause.stream,
          first: time(cause.firstDiedAt),
          last: time(cause.lastDiedAt)
        })}
      </span>
    </button>
  )
}
