import type { ServiceImpl } from "@connectrpc/connect"
import { Redacted } from "effect"
import { InvalidRequest } from "../../domain/errors.ts"
import { MailboxId } from "../../domain/ids.ts"
import type { Principal } from "../../identity/Principal.ts"
import type { UserRole } from "../../storage/directory/Directory.ts"
import type { AdminMethods, PageOf } from "../Admin.ts"
import type { Bridge } from "../bridge.ts"
import type * as wire from "../gen/postroom/core/v1/admin_pb.ts"
import {
  domainToWire,
  quotaFromWire,
  roleFromWire,
  statusFromWire,
  tokenToWire,
  userToWire
} from "../wire/admin.ts"
import { mailboxId, optionalCount, optionalTime, text, uuid } from "../wire/fromWire.ts"
import { readPageToken, writePageToken } from "../wire/pageToken.ts"

const refuse = (message: string): never => {
  throw new InvalidRequest({ message })
}

const name = (value: string, what: string) => text(value, { name: what, max: 512 })
const optionalName = (value: string, what: string) => (value === "" ? null : name(value, what))
const userId = (value: string) => MailboxId(uuid(value, "user_id"))

const newUser = (user: wire.NewUser) => ({
  address: name(user.address, "The address"),
  displayName: name(user.displayName, "The display name"),
  roles:
    user.roles.length === 0
      ? (["user"] satisfies ReadonlyArray<UserRole>)
      : [...new Set(user.roles)].map(roleFromWire),
  quotaBytes: quotaFromWire(user.quotaBytes),
  password: user.password === "" ? null : Redacted.make(user.password)
})

interface PageRequest {
  readonly pageSize: number
  readonly pageToken: string
}

const page = ({ pageSize, pageToken }: PageRequest, scope: string) => ({
  after: readPageToken(pageToken, scope),
  limit: optionalCount(pageSize)
})

const tenantPage = (request: PageRequest & { readonly tenant: string }, scope: string) => ({
  ...page(request, scope),
  tenant: optionalName(request.tenant, "The tenant")
})

const next = ({ after }: PageOf<unknown>, scope: string) =>
  after === null ? "" : writePageToken(scope, after)

/** The requests and responses of `AdminService`, in front of `Admin`. */
export const adminRoutes = (admin: AdminMethods, bridge: Bridge): ServiceImpl<typeof wire.AdminService> => ({
  createTenant: bridge.unary(admin.createTenant, {
    read: (request) => ({ name: name(request.name, "The name") }),
    write: (tenant) => ({ tenant })
  }),
  listTenants: bridge.unary(admin.listTenants, {
    read: (request: PageRequest) => page(request, "tenants"),
    write: (found) => ({ tenants: [...found.entries], nextPageToken: next(found, "tenants") })
  }),
  createDomain: bridge.unary(admin.createDomain, {
    read: (request) => ({
      tenant: name(request.tenant, "The tenant"),
      name: name(request.name, "The name")
    }),
    write: (domain) => ({ domain: domainToWire(domain) })
  }),
  listDomains: bridge.unary(admin.listDomains, {
    read: (request) => tenantPage(request, "domains"),
    write: (found) => ({ domains: found.entries.map(domainToWire), nextPageToken: next(found, "domains") })
  }),
  setCatchAll: bridge.unary(admin.setCatchAll, {
    read: (request) => ({
      domain: name(request.domain, "The domain"),
      userId: request.userId === "" ? null : userId(request.userId)
    }),
    write: () => ({})
  }),
  createUsers: bridge.unary(admin.createUsers, {
    read: (request) =>
      request.users.length === 0 ? refuse("Name at least one user.") : { users: request.users.map(newUser) },
    write: (users) => ({ users: users.map(userToWire) })
  }),
  listUsers: bridge.unary(admin.listUsers, {
    read: (request) => tenantPage(request, "users"),
    write: (found) => ({ users: found.entries.map(userToWire), nextPageToken: next(found, "users") })
  }),
  getUser: bridge.unary(admin.getUser, {
    read: (request) => ({ address: name(request.address, "The address") }),
    write: (user) => ({ user: userToWire(user) })
  }),
  setUserStatus: bridge.unary(admin.setUserStatus, {
    read: (request) => ({ userId: userId(request.userId), status: statusFromWire(request.status) }),
    write: () => ({})
  }),
  setPassword: bridge.unary(admin.setPassword, {
    read: (request) => ({ userId: userId(request.userId), password: Redacted.make(request.password) }),
    write: () => ({})
  }),
  createAlias: bridge.unary(admin.createAlias, {
    read: (request) => ({ address: name(request.address, "The address"), userId: userId(request.userId) }),
    write: (alias) => ({ alias })
  }),
  listAliases: bridge.unary(admin.listAliases, {
    read: (request) => tenantPage(request, "aliases"),
    write: (found) => ({ aliases: [...found.entries], nextPageToken: next(found, "aliases") })
  }),
  createToken: bridge.unary(admin.createToken, {
    read: (request, principal: Principal) => ({
      mailboxId: mailboxId("", principal),
      label: request.label,
      expiresAt: optionalTime(request.expiresAt)
    }),
    write: ({ token, secret }) => ({ token: tokenToWire(token), secret: Redacted.value(secret) })
  }),
  listTokens: bridge.unary(admin.listTokens, {
    read: (request, principal: Principal) => {
      const { after, limit } = page(request, "tokens")
      return {
        mailboxId: mailboxId("", principal),
        after: after === null ? null : uuid(after, "The page token"),
        limit
      }
    },
    write: (found) => ({ tokens: found.entries.map(tokenToWire), nextPageToken: next(found, "tokens") })
  }),
  revokeToken: bridge.unary(admin.revokeToken, {
    read: (request, principal: Principal) => ({
      mailboxId: mailboxId("", principal),
      tokenId: uuid(request.id, "The id")
    }),
    write: () => ({})
  })
})
