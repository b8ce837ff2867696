import { type ConfigError, Effect, Layer } from "effect"
import { Ledger } from "../storage/ledger/Ledger.ts"
import { Streams } from "../storage/streams/Streams.ts"
import { CoreConfig } from "./CoreConfig.ts"
import { QueueService } from "./gen/postroom/core/v1/queue_pb.ts"
import { Guard } from "./guard.ts"
import { makeQueueHandlers } from "./handlers/queues.ts"
import { type DeadLetterChoice, type QueueMethods, Queues } from "./Queues.ts"

const named = {
  resource: ({ stream }: DeadLetterChoice) => `queue:${stream}`,
  details: ({ which }: DeadLetterChoice) => (which === "all" ? { all: true } : { tasks: which.length })
}

export const layer: Layer.Layer<Queues, ConfigError.ConfigError, Guard | Streams | Ledger> = Layer.effect(
  Queues,
  Effect.gen(function* () {
    const guard = yield* Guard
    const handlers = makeQueueHandlers({
      streams: yield* Streams,
      ledger: yield* Ledger,
      limits: yield* CoreConfig
    })
    const { method } = QueueService
    return {
      listQueues: guard.platform(method.listQueues, handlers.listQueues),
      listDeadLetters: guard.platform(method.listDeadLetters, handlers.listDeadLetters, {
        resource: ({ stream }) => `queue:${stream}`
      }),
      listDeadLetterCauses: guard.platform(method.listDeadLetterCauses, handlers.listDeadLetterCauses, {
        resource: ({ stream }) => (stream === null ? "queues" : `queue:${stream}`)
      }),
      replayDeadLetters: guard.platform(method.replayDeadLetters, handlers.replayDeadLetters, named),
      dropDeadLetters: guard.platform(method.dropDeadLetters, handlers.dropDeadLetters, named),
      getLedger: guard.platform(method.getLedger, handlers.getLedger)
    } satisfies QueueMethods & Record<keyof typeof QueueService.method, unknown>
  })
)
