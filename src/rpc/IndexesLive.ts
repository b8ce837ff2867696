import { Effect, Layer } from "effect"
import { Directory } from "../storage/directory/Directory.ts"
import { SearchUpkeep } from "../storage/search/SearchUpkeep.ts"
import { Streams } from "../storage/streams/Streams.ts"
import { IndexService } from "./gen/postroom/core/v1/index_pb.ts"
import { Guard } from "./guard.ts"
import { makeIndexHandlers } from "./handlers/indexes.ts"
import { Indexes, type IndexMethods } from "./Indexes.ts"

export const layer: Layer.Layer<Indexes, never, Guard | SearchUpkeep | Streams | Directory> = Layer.effect(
  Indexes,
  Effect.gen(function* () {
    const guard = yield* Guard
    const handlers = makeIndexHandlers({
      upkeep: yield* SearchUpkeep,
      streams: yield* Streams,
      directory: yield* Directory
    })
    const { method } = IndexService
    return {
      getIndexStatus: guard.platform(method.getIndexStatus, handlers.getIndexStatus),
      rebuildIndex: guard.platform(method.rebuildIndex, handlers.rebuildIndex, {
        details: ({ address }) => ({ all: address === null })
      }),
      checkIndex: guard.platform(method.checkIndex, handlers.checkIndex, {
        details: ({ repair }) => ({ repair })
      })
    } satisfies IndexMethods & Record<keyof typeof IndexService.method, unknown>
  })
)
