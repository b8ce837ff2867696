import { Schema } from "effect"

/** What came of a seed. */
export const Outcome = Schema.Struct({
  seed: Schema.Number,
  /** What was not as it must be; null = nothing. */
  failure: Schema.NullOr(Schema.String),
  /** Equal for equal stories. */
  digest: Schema.String,
  counts: Schema.Struct({
    accepted: Schema.Number,
    granted: Schema.Number,
    commits: Schema.Number,
    /** What the timeline did one after the other. */
    steps: Schema.Number
  }),
  /** Where it was asked for. */
  lines: Schema.Array(Schema.String)
})

export type Outcome = typeof Outcome.Type
