import type { MailOptions } from "../mailSource.ts"
import type { Endpoint } from "./SmtpConnection.ts"

export interface LoadOptions extends MailOptions, Endpoint {
  readonly connections: number
}

/** What the generator's process says. Times are epoch milliseconds with fractions. */
export type FromGenerator =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Failed"; readonly problem: string }
  | ({ readonly _tag: "Done" } & LoadReport)

export interface LoadReport {
  readonly startedAt: number
  readonly acceptedAt: number
  readonly bytes: number
  /** MAIL FROM to the answer, milliseconds, one per message. */
  readonly latencies: ReadonlyArray<number>
  readonly cpuMillis: number
}
