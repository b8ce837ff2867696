import { Context, type Effect, type Redacted } from "effect"
import type { CoreError } from "../domain/errors.ts"
import type { MailboxId } from "../domain/ids.ts"
import type { Token } from "../storage/directory/Credentials.ts"
import type { Alias, MailDomain, Tenant, User, UserRole } from "../storage/directory/Directory.ts"
import type { Call } from "./Call.ts"

/** A page of a listing: entries after a name, null = from the beginning. */
export interface PageInput {
  readonly after: string | null
  /** null = the server's default. */
  readonly limit: number | null
}

export interface PageOf<A> {
  readonly entries: ReadonlyArray<A>
  /** Where the next page begins; null at the end. */
  readonly after: string | null
}

/** Of one tenant, by name; null = of all that the caller may see. */
export interface TenantPageInput extends PageInput {
  readonly tenant: string | null
}

/** A user to be made, before the password is hashed. */
export interface UserInput {
  readonly address: string
  readonly displayName: string
  readonly roles: ReadonlyArray<UserRole>
  readonly quotaBytes: number | null
  /** null = none yet. */
  readonly password: Redacted.Redacted | null
}

type Reply<A> = Effect.Effect<A, CoreError>

/** One method for each rpc of `AdminService` (`proto/postroom/core/v1/admin.proto`). */
export interface AdminMethods {
  readonly createTenant: (call: Call, input: { readonly name: string }) => Reply<Tenant>
  readonly listTenants: (call: Call, input: PageInput) => Reply<PageOf<Tenant>>
  readonly createDomain: (
    call: Call,
    input: { readonly tenant: string; readonly name: string }
  ) => Reply<MailDomain>
  readonly listDomains: (call: Call, input: TenantPageInput) => Reply<PageOf<MailDomain>>
  readonly setCatchAll: (
    call: Call,
    input: { readonly domain: string; readonly userId: MailboxId | null }
  ) => Reply<void>
  readonly createUsers: (
    call: Call,
    input: { readonly users: ReadonlyArray<UserInput> }
  ) => Reply<ReadonlyArray<User>>
  readonly listUsers: (call: Call, input: TenantPageInput) => Reply<PageOf<User>>
  readonly getUser: (call: Call, input: { readonly address: string }) => Reply<User>
  readonly setUserStatus: (
    call: Call,
    input: { readonly userId: MailboxId; readonly status: User["status"] }
  ) => Reply<void>
  readonly setPassword: (
    call: Call,
    input: { readonly userId: MailboxId; readonly password: Redacted.Redacted }
  ) => Reply<void>
  readonly createAlias: (
    call: Call,
    input: { readonly address: string; readonly userId: MailboxId }
  ) => Reply<Alias>
  readonly listAliases: (call: Call, input: TenantPageInput) => Reply<PageOf<Alias>>
  readonly createToken: (
    call: Call,
    input: { readonly mailboxId: MailboxId; readonly label: string; readonly expiresAt: number | null }
  ) => Reply<{ readonly token: Token; readonly secret: Redacted.Redacted }>
  readonly listTokens: (
    call: Call,
    input: PageInput & { readonly mailboxId: MailboxId }
  ) => Reply<PageOf<Token>>
  readonly revokeToken: (
    call: Call,
    input: { readonly mailboxId: MailboxId; readonly tokenId: string }
  ) => Reply<void>
}

export class Admin extends Context.Tag("postroom/rpc/Admin")<Admin, AdminMethods>() {}
