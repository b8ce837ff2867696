import { Context, type Effect, type Redacted } from "effect"
import type {
  Busy,
  InvalidRequest,
  LimitExceeded,
  NotFound,
  Unauthenticated,
  Unavailable
} from "../domain/errors.ts"
import type { MailboxId } from "../domain/ids.ts"
import type { Token } from "../storage/directory/Credentials.ts"
import type { Page } from "../storage/directory/Directory.ts"
import type { Principal, UserPrincipal } from "./Principal.ts"

/** Where a sign-in comes from. */
export interface Caller {
  /** As text; null = from this machine without a network between. */
  readonly ip: string | null
}

/**
 * `Unauthenticated` says nothing about why. `LimitExceeded` (rate) = too many failures of this address or account.
 * `Busy` = too many passwords are being checked.
 */
export type SignInError = Unauthenticated | LimitExceeded | Busy | Unavailable

/** Who is it? Every protocol asks here, and nowhere else are secrets compared. */
export class Identity extends Context.Tag("postroom/identity/Identity")<
  Identity,
  {
    /** By primary address. Costs the same for a wrong password, an unknown user and a disabled one. */
    readonly byPassword: (
      address: string,
      password: Redacted.Redacted,
      caller: Caller
    ) => Effect.Effect<UserPrincipal, SignInError>
    /** A user's token, or the operator's. */
    readonly byToken: (token: Redacted.Redacted, caller: Caller) => Effect.Effect<Principal, SignInError>
    /** `authorization: Basic …` (RFC 7617) or `Bearer …` (RFC 6750); without it `Unauthenticated`. */
    readonly fromHeaders: (
      headers: { readonly authorization?: string | undefined },
      caller: Caller
    ) => Effect.Effect<Principal, SignInError>
    /** The secret is told here and never again. `expiresAt` in epoch milliseconds, null = never. */
    readonly createToken: (token: {
      readonly userId: MailboxId
      readonly label: string
      readonly expiresAt: number | null
    }) => Effect.Effect<
      { readonly token: Token; readonly secret: Redacted.Redacted },
      InvalidRequest | LimitExceeded | NotFound | Unavailable
    >
    readonly tokens: (userId: MailboxId, page: Page) => Effect.Effect<ReadonlyArray<Token>, Unavailable>
    /** False = the user has no such token. In this process it ends at once, elsewhere within seconds. */
    readonly revokeToken: (userId: MailboxId, tokenId: string) => Effect.Effect<boolean, Unavailable>
    readonly setPassword: (
      userId: MailboxId,
      password: Redacted.Redacted
    ) => Effect.Effect<void, Busy | InvalidRequest | NotFound | Unavailable>
    /** Forgets who signed in lately; to be asked for after a change to users. */
    readonly forget: Effect.Effect<void>
  }
>() {}
