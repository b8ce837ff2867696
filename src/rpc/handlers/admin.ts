import { Effect } from "effect"
import { parseAddress } from "../../domain/EmailAddress.ts"
import {
  type CoreError,
  InvalidRequest,
  LimitExceeded,
  NotFound,
  PermissionDenied
} from "../../domain/errors.ts"
import type { Identity } from "../../identity/Identity.ts"
import type { Passwords } from "../../identity/Passwords.ts"
import type { Directory, MailDomain, User } from "../../storage/directory/Directory.ts"
import type { AdminMethods, PageInput, UserInput } from "../Admin.ts"
import type { AdminLimits } from "../AdminConfig.ts"
import type { Authorized } from "../guard.ts"
import { makeTenancy } from "./tenancy.ts"

export interface AdminServices {
  readonly directory: Directory["Type"]
  readonly identity: Identity["Type"]
  readonly passwords: Passwords["Type"]
  readonly limits: AdminLimits
}

/** The second argument of a method. */
type Input<Method extends keyof AdminMethods> = Parameters<AdminMethods[Method]>[1]

/** Handlers of the directory. Whoever belongs to a tenant meets nothing but that tenant. */
export const makeAdminHandlers = ({ directory, identity, passwords, limits }: AdminServices) => {
  const { paged, isVisible, ofTenant, visible, userById } = makeTenancy({ directory, limits })

  const domainNamed = (call: Authorized, name: string): Effect.Effect<MailDomain, CoreError> =>
    Effect.filterOrFail(
      directory.domainByName(name),
      ({ tenantId }) => isVisible(call, tenantId),
      () => new NotFound({ what: "domain" })
    )

  const domainOf = (address: string) => Effect.map(parseAddress(address), ({ domain }) => domain)

  const withHash = ({ address, password, ...user }: UserInput) =>
    Effect.map(password === null ? Effect.succeed(null) : passwords.hash(password), (passwordHash) => ({
      ...user,
      email: address,
      passwordHash
    }))

  return {
    createTenant: (_: Authorized, { name }: Input<"createTenant">) => directory.createTenant(name),
    listTenants: (_: Authorized, input: PageInput) =>
      paged(input, { read: directory.tenants, name: (tenant) => tenant.name }),
    createDomain: (_: Authorized, { tenant, name }: Input<"createDomain">) =>
      Effect.flatMap(directory.tenantByName(tenant), ({ id }) => directory.createDomain(id, name)),
    listDomains: ofTenant(directory.domains, ({ name }) => name),
    setCatchAll: (call: Authorized, { domain, userId }: Input<"setCatchAll">) =>
      Effect.flatMap(domainNamed(call, domain), ({ name }) => directory.setCatchAll(name, userId)),
    createUsers: (
      call: Authorized,
      { users }: Input<"createUsers">
    ): Effect.Effect<ReadonlyArray<User>, CoreError> =>
      Effect.gen(function* () {
        if (users.length > limits.maxUsers) {
          return yield* new LimitExceeded({ limit: "batch", max: limits.maxUsers })
        }
        const domains = new Set(yield* Effect.forEach(users, ({ address }) => domainOf(address)))
        // Before any password is hashed: that is the costly part.
        yield* Effect.forEach(domains, (name) => domainNamed(call, name), { discard: true })
        const hashed = yield* Effect.forEach(users, withHash, { concurrency: limits.hashConcurrency })
        return yield* directory.createUsers(hashed)
      }),
    listUsers: ofTenant(directory.users, ({ email }) => email),
    getUser: (call: Authorized, { address }: Input<"getUser">) =>
      visible(call, directory.userByAddress(address)),
    setUserStatus: (call: Authorized, { userId, status }: Input<"setUserStatus">) =>
      Effect.zipRight(
        userById(call, userId),
        Effect.ensuring(directory.setStatus(userId, status), identity.forget)
      ),
    setPassword: (call: Authorized, { userId, password }: Input<"setPassword">) =>
      Effect.zipRight(userById(call, userId), identity.setPassword(userId, password)),
    createAlias: (call: Authorized, { address, userId }: Input<"createAlias">) =>
      Effect.gen(function* () {
        yield* domainNamed(call, yield* domainOf(address))
        return yield* directory.createAlias(address, userId)
      }),
    listAliases: ofTenant(directory.aliases, ({ address }) => address),
    createToken: (call: Authorized, { mailboxId, label, expiresAt }: Input<"createToken">) =>
      Effect.zipRight(
        ownOnly(call, mailboxId),
        identity.createToken({ userId: mailboxId, label, expiresAt })
      ),
    listTokens: (call: Authorized, input: Input<"listTokens">) =>
      Effect.zipRight(
        ownOnly(call, input.mailboxId),
        paged(input, { read: (page) => identity.tokens(input.mailboxId, page), name: ({ id }) => id })
      ),
    revokeToken: (call: Authorized, { mailboxId, tokenId }: Input<"revokeToken">) =>
      Effect.zipRight(
        ownOnly(call, mailboxId),
        Effect.filterOrFail(
          identity.revokeToken(mailboxId, tokenId),
          (isRevoked) => isRevoked,
          () => new InvalidRequest({ message: "You have no such token." })
        )
      )
  }
}

/** Who administers somebody else's mailbox still may not sign in as them. */
const ownOnly = (call: Authorized, mailboxId: Input<"listTokens">["mailboxId"]) =>
  call.principal._tag === "User" && call.principal.mailboxId === mailboxId
    ? Effect.void
    : Effect.fail(new PermissionDenied())
