import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import { Effect, Redacted, type Stream } from "effect"
import { InvalidRequest } from "../domain/errors.ts"
import type { MailboxId } from "../domain/ids.ts"
import type { Alias, MailDomain, Tenant, User } from "../storage/directory/Directory.ts"
import type { UserInput } from "./Admin.ts"
import { pages, type RpcClient, type RpcClientError } from "./client.ts"
import {
  aliasFromWire,
  domainFromWire,
  type OwnToken,
  roleToWire,
  statusToWire,
  tenantFromWire,
  tokenFromWire,
  userFromWire
} from "./wire/admin.ts"

type Reply<A> = Effect.Effect<A, RpcClientError>
type Listing<A> = Stream.Stream<A, RpcClientError>

/** The directory of a server elsewhere, in domain words. Listings turn their pages by themselves. */
export interface AdminClient {
  readonly createTenant: (name: string) => Reply<Tenant>
  readonly tenants: Listing<Tenant>
  readonly createDomain: (tenant: string, name: string) => Reply<MailDomain>
  /** Of one tenant, by name; "" = of all that the caller may see. */
  readonly domains: (tenant: string) => Listing<MailDomain>
  readonly setCatchAll: (domain: string, userId: MailboxId | null) => Reply<void>
  readonly createUsers: (users: ReadonlyArray<UserInput>) => Reply<ReadonlyArray<User>>
  readonly users: (tenant: string) => Listing<User>
  readonly user: (address: string) => Reply<User>
  readonly setUserStatus: (userId: MailboxId, status: User["status"]) => Reply<void>
  readonly setPassword: (userId: MailboxId, password: Redacted.Redacted) => Reply<void>
  readonly createAlias: (address: string, userId: MailboxId) => Reply<Alias>
  readonly aliases: (tenant: string) => Listing<Alias>
  readonly createToken: (
    label: string,
    expiresAt: number | null
  ) => Reply<{ readonly token: OwnToken; readonly secret: Redacted.Redacted }>
  readonly tokens: Listing<OwnToken>
  readonly revokeToken: (id: string) => Reply<void>
}

/** A field that the server always sends. */
const sent = <A>(value: A | undefined): Effect.Effect<A, InvalidRequest> =>
  value === undefined
    ? Effect.fail(new InvalidRequest({ message: "The server's answer lacks what was asked for." }))
    : Effect.succeed(value)

export const makeAdminClient = ({ admin, call }: RpcClient): AdminClient => ({
  createTenant: (name) =>
    call((signal) => admin.createTenant({ name }, { signal })).pipe(
      Effect.flatMap(({ tenant }) => sent(tenant)),
      Effect.map(tenantFromWire)
    ),
  tenants: pages(
    (pageToken) => call((signal) => admin.listTenants({ pageToken }, { signal })),
    ({ tenants }) => tenants.map(tenantFromWire)
  ),
  createDomain: (tenant, name) =>
    call((signal) => admin.createDomain({ tenant, name }, { signal })).pipe(
      Effect.flatMap(({ domain }) => sent(domain)),
      Effect.map(domainFromWire)
    ),
  domains: (tenant) =>
    pages(
      (pageToken) => call((signal) => admin.listDomains({ tenant, pageToken }, { signal })),
      ({ domains }) => domains.map(domainFromWire)
    ),
  setCatchAll: (domain, userId) =>
    Effect.asVoid(call((signal) => admin.setCatchAll({ domain, userId: userId ?? "" }, { signal }))),
  createUsers: (given) => {
    const users = given.map(({ address, displayName, roles, quotaBytes, password }) => ({
      address,
      displayName,
      roles: roles.map(roleToWire),
      quotaBytes: BigInt(quotaBytes ?? 0),
      password: password === null ? "" : Redacted.value(password)
    }))
    return Effect.map(
      call((signal) => admin.createUsers({ users }, { signal })),
      (response) => response.users.map(userFromWire)
    )
  },
  users: (tenant) =>
    pages(
      (pageToken) => call((signal) => admin.listUsers({ tenant, pageToken }, { signal })),
      ({ users }) => users.map(userFromWire)
    ),
  user: (address) =>
    call((signal) => admin.getUser({ address }, { signal })).pipe(
      Effect.flatMap(({ user }) => sent(user)),
      Effect.map(userFromWire)
    ),
  setUserStatus: (userId, status) =>
    Effect.asVoid(
      call((signal) => admin.setUserStatus({ userId, status: statusToWire(status) }, { signal }))
    ),
  setPassword: (userId, password) =>
    Effect.asVoid(
      call((signal) => admin.setPassword({ userId, password: Redacted.value(password) }, { signal }))
    ),
  createAlias: (address, userId) =>
    call((signal) => admin.createAlias({ address, userId }, { signal })).pipe(
      Effect.flatMap(({ alias }) => sent(alias)),
      Effect.map(aliasFromWire)
    ),
  aliases: (tenant) =>
    pages(
      (pageToken) => call((signal) => admin.listAliases({ tenant, pageToken }, { signal })),
      ({ aliases }) => aliases.map(aliasFromWire)
    ),
  createToken: (label, expiresAt) => {
    const request = { label, ...(expiresAt === null ? {} : { expiresAt: timestampFromMs(expiresAt) }) }
    return call((signal) => admin.createToken(request, { signal })).pipe(
      Effect.flatMap(({ token, secret }) =>
        Effect.map(sent(token), (known) => ({ token: tokenFromWire(known), secret: Redacted.make(secret) }))
      )
    )
  },
  tokens: pages(
    (pageToken) => call((signal) => admin.listTokens({ pageToken }, { signal })),
    ({ tokens }) => tokens.map(tokenFromWire)
  ),
  revokeToken: (id) => Effect.asVoid(call((signal) => admin.revokeToken({ id }, { signal })))
})
