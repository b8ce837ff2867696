import { Code, ConnectError } from "@connectrpc/connect"
import type { Words } from "../i18n/makeWords.ts"

/** Whether the server has said no, as opposed to saying nothing. */
export const isRefusal = (thrown: unknown): boolean => {
  const { code } = ConnectError.from(thrown)
  return code === Code.Unauthenticated || code === Code.PermissionDenied || code === Code.Unimplemented
}

export const isUnauthenticated = (thrown: unknown): boolean =>
  ConnectError.from(thrown).code === Code.Unauthenticated

/** What went wrong, for people. */
export const explain = (thrown: unknown, words: Words): string => {
  const error = ConnectError.from(thrown)
  switch (error.code) {
    case Code.Unauthenticated:
      return words.say("problem.unauthenticated")
    case Code.PermissionDenied:
      return words.say("problem.denied")
    case Code.Unavailable:
    case Code.DeadlineExceeded:
    case Code.Canceled:
    // The browser tells a page nothing more of a connection that failed.
    case Code.Unknown:
      return words.say("problem.away")
    case Code.ResourceExhausted:
      return words.say("problem.tooMany")
    case Code.Unimplemented:
      return words.say("problem.unknownMethod")
    default:
      return words.say("problem.other", { reason: error.rawMessage })
  }
}
