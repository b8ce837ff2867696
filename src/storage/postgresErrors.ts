import { Data, Effect } from "effect"
import { DatabaseError } from "pg"
import { errorCode } from "../observability/errorCode.ts"
import {
  type PostgresError,
  PostgresRejected,
  PostgresUnavailable,
  type UnavailableReason
} from "./postgres.ts"

/** A mistake of ours in SQL or in reading its rows. The server's text is kept only where it cannot quote data. */
export class PostgresDefect extends Data.TaggedError("PostgresDefect")<{
  readonly sqlState: string
  readonly statement: string
  readonly detail: string
  /** 1-based character position in the text, 0 when unknown. */
  readonly position: number
}> {
  override get message() {
    return `postgres: ${this.sqlState || "client"} in ${this.statement}${this.detail && `: ${this.detail}`}`
  }
}

interface Outcome {
  readonly reason: UnavailableReason
  /** Whether the server may have committed before it said this. */
  readonly mayHaveCommitted: boolean
}

const lost: Outcome = { reason: "lost", mayHaveCommitted: true }
const undone = (reason: UnavailableReason): Outcome => ({ reason, mayHaveCommitted: false })

/** PostgreSQL documentation, appendix A "PostgreSQL Error Codes". */
const outcomeByState: Readonly<Record<string, Outcome>> = {
  "25006": undone("readOnly"),
  "25P03": undone("timeout"),
  "40003": { reason: "conflict", mayHaveCommitted: true },
  "53100": undone("full"),
  "53200": undone("full"),
  "53300": undone("busy"),
  "53400": undone("busy"),
  "55P03": undone("timeout"),
  "57014": undone("timeout"),
  // A backend that is told to go answers so at its next check, which may lie behind the commit.
  "57P01": { reason: "shuttingDown", mayHaveCommitted: true },
  "57P02": { reason: "shuttingDown", mayHaveCommitted: true },
  "57P03": undone("shuttingDown"),
  "57P05": lost
}

const outcomeByClass: Readonly<Record<string, Outcome>> = {
  "08": lost,
  "28": undone("connect"),
  "3D": undone("connect"),
  "40": undone("conflict"),
  "53": undone("full"),
  "57": undone("shuttingDown"),
  "58": undone("io")
}

/** Codes of Node and messages of `pg`, which gives its own errors none. */
const isConnectionError = (error: Error) =>
  /^(E[A-Z]+|EAI_.*)$/.test(errorCode(error)) ||
  /^Connection terminated|^Query read timeout|^timeout e|is not queryable$|connection/i.test(error.message)

const rejected = (error: DatabaseError, sqlState: string) =>
  new PostgresRejected({ sqlState, constraint: error.constraint ?? error.column ?? "" })

const defect = (error: Error, statement: string) => {
  const sqlState = error instanceof DatabaseError ? (error.code ?? "") : ""
  return new PostgresDefect({
    sqlState,
    statement,
    // Class 42 speaks of names and syntax; other classes quote what was bound ("invalid input … \"alice@…\"").
    detail: sqlState.startsWith("42") || sqlState === "" ? error.message : "",
    position: error instanceof DatabaseError ? Number(error.position ?? 0) : 0
  })
}

/** The error of a statement that was handed to a connection, as the caller may see it. */
export const statementError = (error: Error, statement: string): Effect.Effect<never, PostgresError> => {
  if (error instanceof DatabaseError) {
    const sqlState = error.code ?? ""
    if (sqlState.startsWith("23")) return Effect.fail(rejected(error, sqlState))
    const outcome = outcomeByState[sqlState] ?? outcomeByClass[sqlState.slice(0, 2)]
    if (outcome === undefined) return Effect.die(defect(error, statement))
    return Effect.fail(
      new PostgresUnavailable({ reason: outcome.reason, commitUnknown: outcome.mayHaveCommitted, sqlState })
    )
  }
  if (!isConnectionError(error)) return Effect.die(defect(error, statement))
  // `pg` refuses a connection that it already knows to be broken, before anything is sent on it.
  const commitUnknown = !error.message.endsWith("not queryable")
  return Effect.fail(new PostgresUnavailable({ reason: "lost", commitUnknown }))
}

/** The error of getting a connection: nothing was sent yet, and nothing about it is a defect. */
export const connectError = (error: Error | undefined): PostgresUnavailable => {
  if (error instanceof DatabaseError) {
    const sqlState = error.code ?? ""
    const outcome = outcomeByState[sqlState] ?? outcomeByClass[sqlState.slice(0, 2)]
    return new PostgresUnavailable({ reason: outcome?.reason ?? "connect", commitUnknown: false, sqlState })
  }
  if (error?.message.startsWith("timeout exceeded") === true) {
    return new PostgresUnavailable({ reason: "busy", commitUnknown: false })
  }
  return new PostgresUnavailable({ reason: "connect", commitUnknown: false, ...codeOf(error) })
}

/** Of Node; `pg` gives its own errors none. */
const codeOf = (error: Error | undefined): { readonly code?: string } => {
  if (error === undefined) return {}
  if (error.message === "The server does not support SSL connections") return { code: "NO_TLS" }
  const code = errorCode(error)
  return code === "" ? {} : { code }
}

/** Whether a connection may go back to the pool after this error: only when the server itself reported it. */
export const isConnectionUsable = (error: Error | undefined): boolean =>
  error === undefined ||
  (error instanceof DatabaseError && error.severity !== "FATAL" && error.severity !== "PANIC")
