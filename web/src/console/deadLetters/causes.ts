import type { Client } from "@connectrpc/connect"
import type {
  DeadLetter,
  DeadLetterCause,
  QueueService
} from "../../../../src/rpc/gen/postroom/core/v1/queue_pb.ts"

type QueueClient = Client<typeof QueueService>

/** Of tasks of one cause, this many are listed; all can be replayed. */
export const listed = 100

/** Names a group of dead letters. */
export const keyOf = ({ stream, cause }: Pick<DeadLetterCause, "stream" | "cause">): string =>
  `${stream} ${cause}`

export const readCauses =
  (queue: QueueClient) =>
  async (signal: AbortSignal): Promise<ReadonlyArray<DeadLetterCause>> =>
    (await queue.listDeadLetterCauses({}, { signal })).causes

export const readTasks =
  (queue: QueueClient, { stream, cause }: Pick<DeadLetterCause, "stream" | "cause">) =>
  async (signal: AbortSignal): Promise<ReadonlyArray<DeadLetter>> =>
    (await queue.listDeadLetters({ stream, cause, pageSize: listed }, { signal })).deadLetters

/** As text in a shell takes it, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

export const replayOneCommand = (stream: string, taskId: string) =>
  `postroom queue replay ${stream} ${taskId}`
export const replayAllCommand = (
  { stream, cause }: Pick<DeadLetterCause, "stream" | "cause">,
  perSecond: number
) => `postroom queue replay ${stream} --all --cause ${quoted(cause)} --per-second ${perSecond}`
