import { Data, Effect } from "effect"
import * as oidc from "openid-client"

/** The issuer does not answer, or not now. */
export class IssuerAway extends Data.TaggedError("IssuerAway")<{ readonly code: string }> {}

/** What came back is no sign-in: refused by the issuer, made by somebody else, or used before. */
export class SignInRefused extends Data.TaggedError("SignInRefused")<{
  /** From a closed vocabulary: of `openid-client`, or an error of RFC 6749 4.1.2.1 or 5.2. */
  readonly code: string
}> {}

/** A word that may be logged, whoever chose it. */
const word = (text: unknown): string =>
  typeof text === "string" && /^[\w.-]{1,60}$/.test(text) ? text : "unknown"

/** Where the issuer is not to be had. */
const awayCodes = new Set(["OAUTH_TIMEOUT", "OAUTH_ABORT", "OAUTH_RESPONSE_IS_NOT_CONFORM"])

const failureOf = (error: unknown): IssuerAway | SignInRefused => {
  if (error instanceof oidc.AuthorizationResponseError) return new SignInRefused({ code: word(error.error) })
  if (error instanceof oidc.ResponseBodyError) {
    const code = word(error.error)
    return error.status >= 500 ? new IssuerAway({ code }) : new SignInRefused({ code })
  }
  if (error instanceof oidc.ClientError && error.code !== undefined && !awayCodes.has(error.code)) {
    return new SignInRefused({ code: word(error.code) })
  }
  return new IssuerAway({ code: error instanceof oidc.ClientError ? word(error.code) : "unreachable" })
}

export const fromIssuer = <A>(ask: () => Promise<A>): Effect.Effect<A, IssuerAway | SignInRefused> =>
  Effect.tryPromise({ try: ask, catch: failureOf })
