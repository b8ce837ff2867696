import { Context, type Effect, type Stream } from "effect"
import type { NotFound, Unavailable } from "../../domain/errors.ts"
import type { MailboxId } from "../../domain/ids.ts"
import type { User } from "./Directory.ts"

/** A session as it may be shown. Times are epoch milliseconds. */
export interface Session {
  /** UUID; not a secret. */
  readonly id: string
  readonly createdAt: number
  readonly lastSeenAt: number
  /** When it ends if nobody uses it. */
  readonly idleEndsAt: number
  /** When it ends whatever happens. */
  readonly endsAt: number
  readonly userAgent: string
}

export interface NewSession extends Omit<Session, "lastSeenAt"> {
  readonly userId: MailboxId
  readonly secretHash: string
  /** What the issuer said who it is; null where it need not be told when the session ends. */
  readonly idToken: string | null
}

/** When somebody uses a session, and what that means for it. Times are epoch milliseconds. */
export interface Use {
  readonly now: number
  /** What it is put off to. */
  readonly idleEndsAt: number
  /** Only where it was last seen before this. */
  readonly seenBefore: number
}

/** Sessions that may have ended: one, all of a person, or, null, whichever there are. */
export interface SessionsEnded {
  readonly userId: MailboxId | null
}

/** Sessions of people at the web pages. Only the SHA-256 of a secret passes here. Who judges the time is the caller. */
export class SessionStore extends Context.Tag("postroom/storage/SessionStore")<
  SessionStore,
  {
    /** Where the person has as many as they may have, the one that was not used for longest ends. */
    readonly create: (session: NewSession, maxSessions: number) => Effect.Effect<void, NotFound | Unavailable>
    /** By the hash of its secret; null = there is none that lives, or the person is disabled. */
    readonly use: (
      secretHash: string,
      use: Use
    ) => Effect.Effect<{ readonly user: User; readonly sessionId: string } | null, Unavailable>
    readonly useById: (sessionId: string, use: Use) => Effect.Effect<void, Unavailable>
    /** Those of the given that live. */
    readonly living: (
      sessionIds: ReadonlyArray<string>,
      now: number
    ) => Effect.Effect<ReadonlyArray<string>, Unavailable>
    /** Living ones of a person, the latest seen first. */
    readonly sessions: (userId: MailboxId, now: number) => Effect.Effect<ReadonlyArray<Session>, Unavailable>
    /** Null = the person has no such session that lives; what the issuer said who it was otherwise. */
    readonly revoke: (
      userId: MailboxId,
      sessionId: string
    ) => Effect.Effect<{ readonly idToken: string | null } | null, Unavailable>
    /** All that live, or all but one. How many ended. */
    readonly revokeAll: (
      userId: MailboxId,
      which: { readonly sparedId: string | null; readonly now: number }
    ) => Effect.Effect<number, Unavailable>
    /** Removes what ended before this. */
    readonly forget: (endedBefore: number) => Effect.Effect<void, Unavailable>
    /** From now on, in all processes. Never fails and never ends. */
    readonly ends: Stream.Stream<SessionsEnded>
  }
>() {}
