import { Context, type Effect } from "effect"
import type { NotFound, Unavailable } from "../../domain/errors.ts"
import type { MailboxId } from "../../domain/ids.ts"
import type { Page, User } from "./Directory.ts"

/** A token as it may be shown: never the secret, which is told once and kept by its holder only. */
export interface Token {
  /** UUID; not a secret. */
  readonly id: string
  readonly userId: MailboxId
  readonly label: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds; null = never. */
  readonly expiresAt: number | null
}

/** What users sign in with. Only hashes pass here: argon2id strings of passwords, hex SHA-256 of tokens. */
export class Credentials extends Context.Tag("postroom/storage/Credentials")<
  Credentials,
  {
    /** By primary address, canonical; null = no such user. A user without a password has the hash null. */
    readonly byAddress: (
      address: string
    ) => Effect.Effect<{ readonly user: User; readonly passwordHash: string | null } | null, Unavailable>
    /** Replaces the password; null takes it away. */
    readonly setPassword: (
      userId: MailboxId,
      passwordHash: string | null
    ) => Effect.Effect<void, NotFound | Unavailable>
    readonly createToken: (token: {
      readonly userId: MailboxId
      readonly label: string
      readonly hash: string
      readonly expiresAt: number | null
    }) => Effect.Effect<Token, NotFound | Unavailable>
    /** The holder of a token that has not expired; null = there is none. */
    readonly byTokenHash: (
      hash: string
    ) => Effect.Effect<{ readonly user: User; readonly token: Token } | null, Unavailable>
    /** Tokens of one user, by id. */
    readonly tokens: (userId: MailboxId, page: Page) => Effect.Effect<ReadonlyArray<Token>, Unavailable>
    /** False = the user has no such token. */
    readonly revokeToken: (userId: MailboxId, tokenId: string) => Effect.Effect<boolean, Unavailable>
  }
>() {}
