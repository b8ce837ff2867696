import { Either } from "effect"
import { type CliFailure, usage } from "./failure.ts"

/** Addresses that one command makes at most. */
const maxExpanded = 100_000

/** `user{0..99}@demo.test` as a hundred addresses, `{00..99}` with leading zeros; several ranges give every combination. */
export const expandRanges = (pattern: string): Either.Either<ReadonlyArray<string>, CliFailure> =>
  Either.gen(function* () {
    const pieces = pattern.split(/\{(\d+)\.\.(\d+)\}/)
    let all: ReadonlyArray<string> = [pieces[0] ?? ""]
    for (let at = 1; at < pieces.length; at += 3) {
      const numbers = yield* range(pieces[at] ?? "", pieces[at + 1] ?? "")
      if (all.length * numbers.length > maxExpanded) {
        return yield* Either.left(usage(`${pattern} stands for more than ${maxExpanded} addresses.`))
      }
      all = all.flatMap((start) => numbers.map((number) => `${start}${number}${pieces[at + 2] ?? ""}`))
    }
    return all
  })

const range = (from: string, to: string): Either.Either<ReadonlyArray<string>, CliFailure> => {
  const [first, last] = [Number(from), Number(to)]
  if (last < first || last - first >= maxExpanded) {
    return Either.left(usage(`{${from}..${to}} is not a range from a smaller to a larger number.`))
  }
  const width = from.startsWith("0") && from.length === to.length ? to.length : 0
  return Either.right(
    Array.from({ length: last - first + 1 }, (_, n) => String(first + n).padStart(width, "0"))
  )
}
