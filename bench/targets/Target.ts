import type { Endpoint, Protocol } from "../load/SmtpConnection.ts"

/** Something that takes mail for `user0@demo.test` and on. */
export interface Target {
  readonly name: string
  readonly endpoint: (protocol: Protocol) => Endpoint
  /** Messages in its mailboxes so far, or any other count that grows by one with each delivery. */
  readonly delivered: () => Promise<number>
  /** CPU milliseconds so far, by part. */
  readonly cpu: () => Readonly<Record<string, number>>
  /** Throws where mail was lost. */
  readonly check: () => Promise<void>
  readonly stop: () => Promise<void>
}
