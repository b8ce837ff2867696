import { Data } from "effect"

/** The embedded Postgres could not be started or kept. `problem` is one sentence for the operator. */
export class EmbeddedPostgresFailed extends Data.TaggedError("EmbeddedPostgresFailed")<{
  readonly problem: string
}> {
  override get message() {
    return `embedded Postgres: ${this.problem}`
  }
}
