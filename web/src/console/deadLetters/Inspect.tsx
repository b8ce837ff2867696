import { timestampMs } from "@bufbuild/protobuf/wkt"
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger
} from "@fluentui/react-components"
import type { DeadLetter } from "../../../../src/rpc/gen/postroom/core/v1/queue_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { Facts } from "../parts/Facts.tsx"

/** All that is known of one task; its addresses are shown to who asks for them, and not before. */
export const Inspect = ({ task }: { readonly task: DeadLetter }) => {
  const words = useWords()
  const { taskId, stream, attempt, error, tenantId, correlationId, createdAt, diedAt, payloadJson } = task
  const time = (at: DeadLetter["diedAt"]) => (at === undefined ? "–" : words.dateAndTime(timestampMs(at)))
  return (
    <Dialog>
      <DialogTrigger disableButtonEnhancement>
        <Button size="small" aria-label={`${words.say("dead.inspect")} ${taskId}`}>
          {words.say("dead.inspect")}
        </Button>
      </DialogTrigger>
      <DialogSurface className="dead-letters__dialog">
        <DialogBody>
          <DialogTitle>{words.say("dead.inspect.title", { task: taskId })}</DialogTitle>
          <DialogContent>
            <Facts
              facts={[
                [words.say("dead.error"), error],
                [words.say("dead.stream"), stream],
                [words.say("dead.attempts"), words.number(attempt)],
                [words.say("dead.created"), time(createdAt)],
                [words.say("dead.died"), time(diedAt)],
                [words.say("dead.tenant"), tenantId || "–"],
                [words.say("dead.correlation"), correlationId]
              ]}
            />
            <p className="dead-letters__empty">{words.say("dead.inspect.note")}</p>
            <pre className="dead-letters__payload" dir="ltr">
              {pretty(payloadJson)}
            </pre>
          </DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement>
              <Button appearance="primary">{words.say("shell.close")}</Button>
            </DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

const pretty = (json: string): string => {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}
