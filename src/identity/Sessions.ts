import { Context, type Effect } from "effect"
import type { NotFound, Unavailable } from "../domain/errors.ts"
import type { MailboxId } from "../domain/ids.ts"
import type { Session } from "../storage/directory/SessionStore.ts"
import type { UserPrincipal } from "./Principal.ts"

/** Somebody at the web pages, and by which of their sessions. */
export interface SignedIn extends UserPrincipal {
  /** UUID; not a secret. */
  readonly sessionId: string
}

/**
 * Who is signed in to the web pages, by a cookie. It ends when it is not used, at the latest after a time, by sign-out
 * here or elsewhere, with another password, and when the person is disabled; in all processes.
 *
 * Whoever lets a request change something also asks `isOwnOrigin` of its headers: a cookie comes along whoever made the
 * browser send it.
 */
export class Sessions extends Context.Tag("postroom/identity/Sessions")<
  Sessions,
  {
    /** Whose request it is, by its Cookie header. Null = nobody's, or the session has ended. Counts as use. */
    readonly authenticate: (cookieHeader: string | undefined) => Effect.Effect<SignedIn | null, Unavailable>
    /** Somebody did something over a connection that lasts. Asked as often as they do: it writes once a minute. */
    readonly used: (sessionId: string) => Effect.Effect<void>
    /** Succeeds once the session has ended, within a minute where nobody said so. For connections that last. */
    readonly ended: (session: SignedIn) => Effect.Effect<void>
    /** The Set-Cookie header that signs the browser in; `isSecure` = it came over https. */
    readonly begin: (of: {
      readonly userId: MailboxId
      readonly userAgent: string | undefined
      readonly idToken: string | null
      readonly isSecure: boolean
    }) => Effect.Effect<string, NotFound | Unavailable>
    /** Those of a person that have not ended, the latest used first. */
    readonly list: (userId: MailboxId) => Effect.Effect<ReadonlyArray<Session>, Unavailable>
    /** Null = the person has no such session. `idToken` is what the issuer is shown to end its own. */
    readonly end: (
      userId: MailboxId,
      sessionId: string
    ) => Effect.Effect<{ readonly idToken: string | null } | null, Unavailable>
    /** All of a person but one, e.g. the one that asks. How many ended. */
    readonly endOthers: (userId: MailboxId, sessionId: string) => Effect.Effect<number, Unavailable>
    /** How many ended. */
    readonly endAll: (userId: MailboxId) => Effect.Effect<number, Unavailable>
  }
>() {}
