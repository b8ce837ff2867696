import { makeZip } from "client-zip"
import { type Runtime, Stream } from "effect"
import { distinctFileNames } from "../../../domain/fileName.ts"
import { PartRefused, refuse } from "./PartRefused.ts"

export interface Zipped {
  /** Safe, but not yet distinct. */
  readonly name: string
  readonly pieces: Stream.Stream<Uint8Array, PartRefused>
}

/** A zip file of them, not compressed: made while it is read, and never whole in memory. `date`: epoch milliseconds. */
export const zipOf = (
  files: ReadonlyArray<Zipped>,
  { date, runtime }: { readonly date: number; readonly runtime: Runtime.Runtime<never> }
): Stream.Stream<Uint8Array, PartRefused> =>
  Stream.fromReadableStream({
    evaluate: () => makeZip(entries(files, { date, runtime })),
    onError: (error) => (error instanceof PartRefused ? error : refuse("away"))
  })

function* entries(
  files: ReadonlyArray<Zipped>,
  { date, runtime }: { readonly date: number; readonly runtime: Runtime.Runtime<never> }
) {
  const names = distinctFileNames(files.map(({ name }) => name))
  for (const [index, { pieces }] of files.entries())
    yield {
      name: names[index],
      lastModified: date,
      input: Stream.toAsyncIterableRuntime(pieces, runtime)
    }
}
