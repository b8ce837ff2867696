import { ConnectError } from "@connectrpc/connect"
import { Data } from "effect"
import type { CoreError } from "../domain/errors.ts"
import type { RpcClientError } from "../rpc/client.ts"

/** How the program ends; documented in `postroom --help`. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notFound: 3, denied: 4, unavailable: 5 }

/** Why a command did not do what it should, in words for whoever typed it. */
export class CliFailure extends Data.TaggedError("CliFailure")<{
  readonly message: string
  readonly exitCode: number
}> {}

export const usage = (message: string): CliFailure => new CliFailure({ message, exitCode: exitCodes.usage })
export const failed = (message: string): CliFailure => new CliFailure({ message, exitCode: exitCodes.failed })

const codes = {
  InvalidRequest: exitCodes.usage,
  NotFound: exitCodes.notFound,
  AlreadyExists: exitCodes.failed,
  Unauthenticated: exitCodes.denied,
  PermissionDenied: exitCodes.denied,
  NotAllowed: exitCodes.failed,
  LimitExceeded: exitCodes.failed,
  CursorExpired: exitCodes.failed,
  Busy: exitCodes.unavailable,
  Unavailable: exitCodes.unavailable
} satisfies Record<CoreError["_tag"], number>

const advice = (error: CoreError): string => {
  switch (error._tag) {
    case "Unauthenticated":
      return "The server does not accept these credentials. Check the address and the password or token."
    case "PermissionDenied":
      return "These credentials do not have the right to do this."
    case "LimitExceeded":
      return error.limit === "rate"
        ? "Too many sign-ins failed lately; wait a little and try again."
        : error.message
    default:
      return error.message
  }
}

/** What a call to the server failed with, in words and with an exit code. */
export const explain =
  (server: string) =>
  (error: RpcClientError): CliFailure => {
    if (error instanceof ConnectError) {
      return failed(`The server at ${server} answered in a way that was not expected: ${error.rawMessage}`)
    }
    // Only a transport that got no answer of ours puts a cause there.
    if (error._tag === "Unavailable" && error.cause !== undefined) {
      return new CliFailure({
        message: `Cannot reach Postroom at ${server}. Is \`npm start\` running there? If it listens elsewhere, say so with --server or --port-offset.`,
        exitCode: exitCodes.unavailable
      })
    }
    return new CliFailure({ message: advice(error), exitCode: codes[error._tag] })
  }
