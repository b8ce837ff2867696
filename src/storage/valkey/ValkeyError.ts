import { Data } from "effect"

/**
 * Valkey did not answer: `away` without a connection to it, `late` after the deadline. What was sent may have been done.
 * Like its sibling it carries no keys, no values and no text of the server.
 */
export class ValkeyUnavailable extends Data.TaggedError("ValkeyUnavailable")<{
  readonly reason: "away" | "late"
}> {
  override get message() {
    return `valkey: ${this.reason}`
  }
}

/** Valkey answered, but with an error. */
export class ValkeyRefused extends Data.TaggedError("ValkeyRefused")<{
  readonly command: string
  /** The first word of its answer: OOM, NOGROUP, NOPERM, READONLY, LOADING, CLUSTERDOWN, WRONGTYPE, … */
  readonly code: string
}> {
  override get message() {
    return `valkey: ${this.command} refused (${this.code})`
  }
}

export type ValkeyError = ValkeyUnavailable | ValkeyRefused

/** Of an error's `command`, which ioredis sets: it has the arguments, too, and these may be secret. */
const commandOf = (error: Error): string => {
  const command = "command" in error ? error.command : undefined
  return typeof command === "object" && command !== null && "name" in command
    ? String(command.name)
    : "a command"
}

const isReply = (error: Error) => error.name === "ReplyError"

const replyCode = (error: Error) => /^[A-Z]+(?= |$)/.exec(error.message)?.[0] ?? "ERR"

/** What ioredis rejected a command with. */
export const valkeyError = (error: unknown): ValkeyError => {
  if (!(error instanceof Error)) return new ValkeyUnavailable({ reason: "away" })
  if (isReply(error)) return new ValkeyRefused({ command: commandOf(error), code: replyCode(error) })
  return new ValkeyUnavailable({ reason: error.message === "Command timed out" ? "late" : "away" })
}

/** Why there is no connection, in a word for the log: WRONGPASS, ECONNREFUSED, CERT_HAS_EXPIRED, … */
export const outageReason = (error: Error): string => {
  // A cluster's error has that of the last node which was tried.
  const cause = "lastNodeError" in error && error.lastNodeError instanceof Error ? error.lastNodeError : error
  if (isReply(cause)) return replyCode(cause)
  return "code" in cause ? String(cause.code) : cause.name
}
