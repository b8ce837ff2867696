import { Effect, Redacted, Stream } from "effect"
import { usage } from "./failure.ts"

/** A secret on the first line of the standard input: kept out of argv and of the shell's history. */
export const firstLineOfInput = Effect.gen(function* () {
  const bytes = Stream.fromAsyncIterable(process.stdin, () => usage("The standard input cannot be read."))
  const line = yield* bytes.pipe(
    Stream.map((chunk: Buffer | string) => chunk.toString()),
    Stream.splitLines,
    Stream.runHead
  )
  if (line._tag === "None" || line.value === "")
    return yield* usage("The standard input has no password in it.")
  return Redacted.make(line.value)
})
