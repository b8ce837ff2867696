import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Either, Layer, Scope } from "effect"
import { decode } from "../../../src/protocols/activesync/wbxml/decode.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "../../../src/storage/embedded/EmbeddedPostgres.ts"
import { hasLint, lint } from "../../support/activesync/wbxml.ts"
import { changedDocument } from "../commands/changeDocument.ts"
import { readForm, writeForm } from "../commands/form.ts"
import { placeholders } from "../commands/placeholders.ts"
import { seeds } from "../commands/seeds.ts"
import { makeWorld } from "../commands/world.ts"
import { type Dice, mutated, oneOf } from "../mutate.ts"
import type { Target } from "../Target.ts"

/** Goes with the process: the server ends when nobody is connected any more. */
const scope = Effect.runSync(Scope.make())

const lintOne = (document: Uint8Array) =>
  hasLint
    ? Effect.flatMap(lint([document]), (faults) =>
        faults.length === 0 ? Effect.void : Effect.dieMessage(faults.join("\n"))
      )
    : Effect.void

/**
 * The whole platform in this process, so that what of it has run is seen; its Postgres does without fsync. A request takes
 * 3 to 4 ms so, and twins in place of Core and Postgres would be asked for what only these can answer.
 */
const world = await Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const dataFolder = `${yield* fs.makeTempDirectoryScoped({ prefix: "postroom-fuzz-" })}/data`
  const server = yield* Layer.build(
    layerEmbeddedPostgres({ dataFolder, isVolatile: true, orphanGrace: "1 second" })
  )
  const { databaseOverTcp } = yield* Effect.provide(EmbeddedPostgres, server)
  return yield* makeWorld(databaseOverTcp, lintOne)
}).pipe(Scope.extend(scope), Effect.provide(NodeContext.layer), Effect.orDie, Effect.runPromise)

const words: ReadonlyArray<Uint8Array> = [
  ...placeholders.map((text) => Buffer.from(`\u0003${text}\u0000`)),
  ...["0", "1", "2", "4", "12", "512", "Email", "calendar", ""].map((text) =>
    Buffer.from(`\u0003${text}\u0000`)
  ),
  ...[0, 1, 2, 5, 14, 17, 18, 20, 21, 25].map((page) => Buffer.of(0, page)),
  Buffer.of(1),
  Buffer.of(1, 1, 1)
]

/** What a document says, changed in some places. */
const mutatedDocument = (dice: Dice, corpus: ReadonlyArray<Uint8Array>): Uint8Array => {
  const form = readForm(oneOf(dice, corpus))
  const document = decode(form.body)
  const other = decode(readForm(oneOf(dice, corpus)).body)
  if (Either.isLeft(document) || Either.isLeft(other)) return mutated(dice, corpus, words)
  let changed = document.right
  for (let left = 1 + dice(3); left > 0; left--) changed = changedDocument(dice, changed, other.right)
  return writeForm({ ...form, body: encode(changed) })
}

/** Every command, over HTTP, at a whole platform. */
export const target: Target = {
  source: /\/activesync\/(?!wbxml|autodiscover)/,
  seeds,
  words,
  mutated: mutatedDocument,
  batchSize: 16,
  check: (input) => Effect.runPromise(world.check(input))
}
