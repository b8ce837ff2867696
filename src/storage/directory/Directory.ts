import { Context, type Effect } from "effect"
import type { AlreadyExists, InvalidRequest, NotFound, Unavailable } from "../../domain/errors.ts"
import type { MailboxId, TenantId } from "../../domain/ids.ts"

export interface Tenant {
  readonly id: TenantId
  readonly name: string
}

export interface MailDomain {
  /** A-label form, lower case. */
  readonly name: string
  readonly tenantId: TenantId
  readonly catchAll: MailboxId | null
}

export type UserRole = "admin" | "support" | "user"

export interface User {
  readonly id: MailboxId
  readonly tenantId: TenantId
  readonly email: string
  readonly displayName: string
  readonly status: "active" | "disabled"
  readonly roles: ReadonlyArray<UserRole>
  readonly quotaBytes: number | null
}

export interface NewUser {
  readonly email: string
  /** May be empty. */
  readonly displayName: string
  /** At least one. */
  readonly roles: ReadonlyArray<UserRole>
  /** null = no quota. */
  readonly quotaBytes: number | null
  /** argon2id string; null = no password, only tokens. */
  readonly passwordHash: string | null
}

export interface Alias {
  readonly address: string
  readonly userId: MailboxId
}

/** What mail for an address meets. */
export type Resolution =
  | {
      readonly _tag: "Mailbox"
      readonly mailboxId: MailboxId
      readonly tenantId: TenantId
      /** What stood between `+` and `@`, or null. */
      readonly detail: string | null
      readonly isOverQuota: boolean
    }
  /** A domain of ours without such a user: 550 5.1.1. */
  | { readonly _tag: "UnknownUser" }
  /** The user exists but is switched off: 550 5.2.1. */
  | { readonly _tag: "Disabled" }
  /** Not a domain of ours: relaying denied, 550 5.7.1. */
  | { readonly _tag: "ForeignDomain" }

/** A page of a listing by name: entries after `after`, at most `limit`. */
export interface Page {
  readonly after: string | null
  readonly limit: number
}

/** Tenants, domains, users and aliases. Addresses go in as people write them and are kept canonical (domain/EmailAddress.ts). */
export class Directory extends Context.Tag("postroom/storage/Directory")<
  Directory,
  {
    readonly createTenant: (
      name: string
    ) => Effect.Effect<Tenant, AlreadyExists | InvalidRequest | Unavailable>
    readonly tenants: (page: Page) => Effect.Effect<ReadonlyArray<Tenant>, Unavailable>
    readonly tenantByName: (name: string) => Effect.Effect<Tenant, NotFound | Unavailable>
    readonly createDomain: (
      tenantId: TenantId,
      name: string
    ) => Effect.Effect<MailDomain, AlreadyExists | InvalidRequest | NotFound | Unavailable>
    readonly domains: (
      tenantId: TenantId | null,
      page: Page
    ) => Effect.Effect<ReadonlyArray<MailDomain>, Unavailable>
    readonly domainByName: (
      name: string
    ) => Effect.Effect<MailDomain, InvalidRequest | NotFound | Unavailable>
    /** Null takes the catch-all away. */
    readonly setCatchAll: (
      domain: string,
      mailboxId: MailboxId | null
    ) => Effect.Effect<void, InvalidRequest | NotFound | Unavailable>
    /** All or none. The tenant follows from the address's domain. */
    readonly createUsers: (
      users: ReadonlyArray<NewUser>
    ) => Effect.Effect<ReadonlyArray<User>, AlreadyExists | InvalidRequest | NotFound | Unavailable>
    readonly users: (tenantId: TenantId | null, page: Page) => Effect.Effect<ReadonlyArray<User>, Unavailable>
    /** A disabled user can neither sign in nor receive mail. */
    readonly setStatus: (id: MailboxId, status: User["status"]) => Effect.Effect<void, NotFound | Unavailable>
    readonly userById: (id: MailboxId) => Effect.Effect<User, NotFound | Unavailable>
    /** By address or alias, without sub-address. */
    readonly userByAddress: (address: string) => Effect.Effect<User, InvalidRequest | NotFound | Unavailable>
    readonly createAlias: (
      address: string,
      userId: MailboxId
    ) => Effect.Effect<Alias, AlreadyExists | InvalidRequest | NotFound | Unavailable>
    readonly aliases: (
      tenantId: TenantId | null,
      page: Page
    ) => Effect.Effect<ReadonlyArray<Alias>, Unavailable>
    /**
     * Where mail for this address goes: user, alias, the same for the address without its detail (`user+detail`), then
     * the domain's catch-all. `postmaster` and `abuse` reach somebody in every domain (RFC 5321 4.5.1, RFC 2142): before
     * the catch-all comes the first active admin of the tenant. A bare `postmaster` is the oldest domain's.
     * An answer may be a few seconds old where another process changed the directory.
     */
    readonly resolve: (address: string) => Effect.Effect<Resolution, InvalidRequest | Unavailable>
  }
>() {}
