import { ConfigError, type ConfigProvider, Data, Effect, Either } from "effect"
import type { Setting } from "./setting.ts"

/** What is wrong with the settings, all of it at once, for whoever made them. Holds no secret. */
export class SettingsWrong extends Data.TaggedError("SettingsWrong")<{
  /** Sentences that may follow "Postroom did not start: ". */
  readonly problems: ReadonlyArray<string>
}> {
  override get message() {
    const [first, ...more] = this.problems
    return more.length === 0
      ? (first ?? "")
      : [`${this.problems.length} settings are wrong.`, ...this.problems.map((one) => `  ${one}`)].join("\n")
  }
}

/** Those of the given names that mean nothing. */
export const unknownNames = (
  given: Iterable<string>,
  table: ReadonlyArray<Setting>
): ReadonlyArray<string> => {
  const known = new Set(
    table.flatMap(({ name, isSecret, usedBy }) =>
      isSecret && usedBy === "server" ? [name, `${name}_FILE`] : [name]
    )
  )
  const suggestible = [...known].filter(
    (name) => !table.some((row) => row.name === name && row.usedBy === "tests")
  )
  return [...given]
    .filter((name) => !known.has(name))
    .sort()
    .map((name) => {
      const nearest = nearestOf(name, suggestible)
      return `there is no setting ${name}.${nearest === null ? "" : ` Did you mean ${nearest}?`}`
    })
}

const nearestOf = (name: string, candidates: ReadonlyArray<string>): string | null => {
  const most = Math.max(1, Math.floor((name.length - "POSTROOM_".length) / 4))
  const [nearest] = candidates
    .map((candidate) => ({ candidate, slips: slipsBetween(name, candidate) }))
    .filter(({ slips }) => slips <= most)
    .sort((one, other) => one.slips - other.slips)
  return nearest?.candidate ?? null
}

/** Letters left out, put in, mistaken or swapped with the next one (optimal string alignment). */
const slipsBetween = (left: string, right: string): number => {
  let beforeLast: ReadonlyArray<number> = []
  let last: ReadonlyArray<number> = Array.from({ length: right.length + 1 }, (_, column) => column)
  const cost = (costs: ReadonlyArray<number>, column: number) => costs[column] ?? Number.POSITIVE_INFINITY
  for (let row = 1; row <= left.length; row++) {
    const next = [row]
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1]
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      next[column] = Math.min(
        cost(last, column) + 1,
        cost(next, column - 1) + 1,
        cost(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? cost(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY
      )
    }
    beforeLast = last
    last = next
  }
  return cost(last, right.length)
}

/** Every setting that is given and cannot be what it says. One that is missing is the affair of who needs it. */
export const wrongValues = (
  provider: ConfigProvider.ConfigProvider,
  table: ReadonlyArray<Setting>
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(
    Effect.forEach(
      table.flatMap(({ config }) => (config === undefined ? [] : [config])),
      (config) => Effect.either(provider.load(config))
    ),
    (read) =>
      read.flatMap((one) =>
        Either.isLeft(one) && !ConfigError.isMissingDataOnly(one.left) ? sentences(one.left) : []
      )
  )

/** Each setting by its name: `POSTROOM_SMTP_PORT must be an integer, 0 to 65535, not "smtp".` */
export const sentences = (error: ConfigError.ConfigError): ReadonlyArray<string> => {
  switch (error._op) {
    case "And":
    case "Or":
      return [...sentences(error.left), ...sentences(error.right)]
    case "MissingData":
      return [`${error.path.join("_")} is not set.`]
    default:
      return [`${error.path.join("_")} ${error.message}.`]
  }
}
