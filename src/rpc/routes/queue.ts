import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import type { ServiceImpl } from "@connectrpc/connect"
import { InvalidRequest } from "../../domain/errors.ts"
import { TaskId } from "../../domain/ids.ts"
import { type DeadLetter, groupOf, type StreamName } from "../../storage/streams/Streams.ts"
import type { Bridge } from "../bridge.ts"
import type { QueueService } from "../gen/postroom/core/v1/queue_pb.ts"
import type { DeadLetterChoice, QueueMethods } from "../Queues.ts"
import { optionalCount, taskIds, text, uuid } from "../wire/fromWire.ts"
import { readPageToken, writePageToken } from "../wire/pageToken.ts"
import { ledgerToWire, queueToWire } from "../wire/queues.ts"

const isStreamName = (name: string): name is StreamName => Object.hasOwn(groupOf, name)

const streamName = (name: string): StreamName => {
  if (isStreamName(name)) return name
  throw new InvalidRequest({ message: `A stream is one of ${Object.keys(groupOf).join(", ")}.` })
}

const choice = (request: {
  readonly stream: string
  readonly taskIds: ReadonlyArray<string>
  readonly all: boolean
}): DeadLetterChoice => {
  if (request.all === request.taskIds.length > 0) {
    throw new InvalidRequest({ message: "Name tasks, or say all of them." })
  }
  return { stream: streamName(request.stream), which: request.all ? "all" : taskIds(request.taskIds) }
}

/** Empty = any. */
const causeOf = (cause: string): string | null =>
  cause === "" ? null : text(cause, { name: "The cause", max: 10_000 })

const place = (token: string, stream: string): TaskId | null => {
  const text = readPageToken(token, `dlq-${stream}`)
  return text === null ? null : TaskId(uuid(text, "The page token"))
}

const letterToWire = (letter: DeadLetter) => ({
  taskId: letter.taskId,
  stream: letter.stream,
  attempt: letter.attempt,
  correlationId: letter.correlationId,
  tenantId: letter.tenantId ?? "",
  error: letter.error,
  payloadJson: JSON.stringify(letter.payload),
  createdAt: timestampFromMs(letter.createdAt),
  diedAt: timestampFromMs(letter.diedAt)
})

/** The requests and responses of `QueueService`, in front of `Queues`. */
export const queueRoutes = (queues: QueueMethods, bridge: Bridge): ServiceImpl<typeof QueueService> => ({
  listQueues: bridge.unary(queues.listQueues, {
    read: () => null,
    write: (stats) => ({ queues: stats.map(queueToWire) })
  }),
  listDeadLetters: (request, context) =>
    bridge.unary(queues.listDeadLetters, {
      read: (_: typeof request) => ({
        stream: streamName(request.stream),
        after: place(request.pageToken, request.stream),
        limit: optionalCount(request.pageSize),
        cause: causeOf(request.cause)
      }),
      write: ({ deadLetters, after }) => ({
        deadLetters: deadLetters.map(letterToWire),
        nextPageToken: after === null ? "" : writePageToken(`dlq-${request.stream}`, after)
      })
    })(request, context),
  listDeadLetterCauses: bridge.unary(queues.listDeadLetterCauses, {
    read: (request) => ({ stream: request.stream === "" ? null : streamName(request.stream) }),
    write: (causes) => ({
      causes: causes.map(({ stream, cause, tasks, firstDiedAt, lastDiedAt }) => ({
        stream,
        cause,
        tasks: BigInt(tasks),
        firstDiedAt: timestampFromMs(firstDiedAt),
        lastDiedAt: timestampFromMs(lastDiedAt)
      }))
    })
  }),
  replayDeadLetters: bridge.unary(queues.replayDeadLetters, {
    read: (request) => ({
      ...choice(request),
      cause: causeOf(request.cause),
      perSecond: optionalCount(request.perSecond)
    }),
    write: (replayed) => ({ replayed: BigInt(replayed) })
  }),
  dropDeadLetters: bridge.unary(queues.dropDeadLetters, {
    read: choice,
    write: (dropped) => ({ dropped: BigInt(dropped) })
  }),
  getLedger: bridge.unary(queues.getLedger, {
    read: () => null,
    write: ledgerToWire
  })
})
