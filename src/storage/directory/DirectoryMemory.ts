import { randomUUID } from "node:crypto"
import { Clock, Context, Effect, Layer } from "effect"
import { parseDomain } from "../../domain/EmailAddress.ts"
import { AlreadyExists, NotFound } from "../../domain/errors.ts"
import { MailboxId, TenantId } from "../../domain/ids.ts"
import { Credentials, type Token } from "./Credentials.ts"
import { Directory, type MailDomain, type NewUser, type Page, type Tenant, type User } from "./Directory.ts"
import { canonical, domainOf, prepared, validName } from "./input.ts"
import {
  defaultResolverOptions,
  makeResolver,
  type ResolveQuery,
  type ResolveRow,
  type ResolverOptions
} from "./resolver.ts"

interface Memory {
  readonly tenants: Map<string, Tenant>
  readonly domains: Map<string, MailDomain>
  /** By id, in the order of their making. */
  readonly users: Map<MailboxId, User>
  readonly aliases: Map<string, MailboxId>
  readonly passwords: Map<MailboxId, string>
  readonly tokens: Map<string, Token & { readonly hash: string }>
}

const page = <A>(all: Iterable<A>, name: (each: A) => string, { after, limit }: Page): ReadonlyArray<A> =>
  Array.from(all)
    .filter((each) => after === null || name(each) > after)
    .sort((one, other) => (name(one) < name(other) ? -1 : 1))
    .slice(0, limit)

const byEmail = (memory: Memory, email: string | null): User | undefined =>
  Array.from(memory.users.values()).find((user) => user.email === email)

const byAlias = (memory: Memory, address: string | null): User | undefined => {
  const id = memory.aliases.get(address ?? "")
  return id === undefined ? undefined : memory.users.get(id)
}

const rowOf = (user: User | undefined, byBase: boolean): ResolveRow => ({
  user_id: user?.id ?? null,
  tenant_id: user?.tenantId ?? null,
  status: user?.status ?? null,
  by_base: byBase,
  // Bytes are counted by the mailbox, which memory does not have.
  is_over_quota: false
})

/** The same order as in resolveStatement.ts. */
const find = (memory: Memory, query: ResolveQuery): ResolveRow | undefined => {
  const domain = memory.domains.get(query.domain)
  if (domain === undefined) return undefined
  const exact = byEmail(memory, query.address) ?? byAlias(memory, query.address)
  if (exact !== undefined) return rowOf(exact, false)
  const base = byEmail(memory, query.base) ?? byAlias(memory, query.base)
  if (base !== undefined) return rowOf(base, true)
  const active = Array.from(memory.users.values()).filter(({ status }) => status === "active")
  const admin = active.find(({ tenantId, roles }) => tenantId === domain.tenantId && roles.includes("admin"))
  const last = (query.isResponsible ? admin : undefined) ?? active.find(({ id }) => id === domain.catchAll)
  return rowOf(last, false)
}

const makeDirectory = (memory: Memory, options: ResolverOptions) => {
  const resolver = makeResolver(
    {
      find: (query) => Effect.sync(() => find(memory, query)),
      oldestDomain: Effect.sync(() => memory.domains.keys().next().value)
    },
    options
  )
  const isTenants = (tenantId: TenantId | null) => (each: { readonly tenantId: TenantId }) =>
    tenantId === null || each.tenantId === tenantId
  const userById = (id: MailboxId) =>
    Effect.suspend(() => {
      const user = memory.users.get(id)
      return user === undefined ? new NotFound({ what: "user" }) : Effect.succeed(user)
    })
  const tenantOf = (address: string) =>
    Effect.suspend(() => {
      const domain = memory.domains.get(domainOf(address))
      return domain === undefined ? new NotFound({ what: "domain" }) : Effect.succeed(domain.tenantId)
    })
  const userOfTenant = (id: MailboxId, tenantId: TenantId) =>
    Effect.filterOrFail(userById(id), isTenants(tenantId), () => new NotFound({ what: "user" }))

  const createUsers = (given: ReadonlyArray<NewUser>) =>
    Effect.gen(function* () {
      const all = yield* Effect.forEach(given, (each) =>
        Effect.gen(function* () {
          const { passwordHash, domain: _, ...user } = yield* prepared(each)
          const tenantId = yield* tenantOf(user.email)
          return {
            passwordHash,
            user: { ...user, id: MailboxId(user.id), tenantId, status: "active" } satisfies User
          }
        })
      )
      const emails = all.map(({ user }) => user.email)
      if (emails.some((email) => memory.aliases.has(email)))
        return yield* new AlreadyExists({ what: "alias" })
      if (
        new Set(emails).size < emails.length ||
        emails.some((email) => byEmail(memory, email) !== undefined)
      ) {
        return yield* new AlreadyExists({ what: "user" })
      }
      for (const { user, passwordHash } of all) {
        memory.users.set(user.id, user)
        if (passwordHash !== null) memory.passwords.set(user.id, passwordHash)
      }
      resolver.forget()
      return all.map(({ user }) => user)
    })

  return Directory.of({
    createTenant: (text) =>
      Effect.gen(function* () {
        const name = yield* validName("A tenant's name", text, 1)
        if (memory.tenants.has(name)) return yield* new AlreadyExists({ what: "tenant" })
        const tenant = { id: TenantId(randomUUID()), name }
        memory.tenants.set(name, tenant)
        return tenant
      }),
    tenants: (wanted) => Effect.sync(() => page(memory.tenants.values(), ({ name }) => name, wanted)),
    tenantByName: (name) =>
      Effect.suspend(() => {
        const tenant = memory.tenants.get(name)
        return tenant === undefined ? new NotFound({ what: "tenant" }) : Effect.succeed(tenant)
      }),
    createDomain: (tenantId, text) =>
      Effect.gen(function* () {
        const name = yield* parseDomain(text)
        if (memory.domains.has(name)) return yield* new AlreadyExists({ what: "domain" })
        if (!Array.from(memory.tenants.values()).some(({ id }) => id === tenantId)) {
          return yield* new NotFound({ what: "tenant" })
        }
        const domain = { name, tenantId, catchAll: null }
        memory.domains.set(name, domain)
        resolver.forget()
        return domain
      }),
    domains: (tenantId, wanted) =>
      Effect.sync(() =>
        page(Array.from(memory.domains.values()).filter(isTenants(tenantId)), ({ name }) => name, wanted)
      ),
    domainByName: (text) =>
      Effect.gen(function* () {
        const domain = memory.domains.get(yield* parseDomain(text))
        return domain ?? (yield* new NotFound({ what: "domain" }))
      }),
    setCatchAll: (text, mailboxId) =>
      Effect.gen(function* () {
        const name = yield* parseDomain(text)
        const domain = memory.domains.get(name)
        if (domain === undefined) return yield* new NotFound({ what: "domain" })
        if (mailboxId !== null) yield* userOfTenant(mailboxId, domain.tenantId)
        memory.domains.set(name, { ...domain, catchAll: mailboxId })
        resolver.forget()
      }),
    createUsers,
    users: (tenantId, wanted) =>
      Effect.sync(() =>
        page(Array.from(memory.users.values()).filter(isTenants(tenantId)), ({ email }) => email, wanted)
      ),
    setStatus: (id, status) =>
      Effect.map(userById(id), (user) => {
        memory.users.set(id, { ...user, status })
        resolver.forget()
      }),
    userById,
    userByAddress: (text) =>
      Effect.gen(function* () {
        const address = yield* canonical(text)
        const user = byEmail(memory, address) ?? byAlias(memory, address)
        return user ?? (yield* new NotFound({ what: "user" }))
      }),
    createAlias: (text, userId) =>
      Effect.gen(function* () {
        const address = yield* canonical(text)
        const user = yield* userOfTenant(userId, yield* tenantOf(address))
        if (byEmail(memory, address) !== undefined) return yield* new AlreadyExists({ what: "user" })
        if (memory.aliases.has(address)) return yield* new AlreadyExists({ what: "alias" })
        memory.aliases.set(address, user.id)
        resolver.forget()
        return { address, userId }
      }),
    aliases: (tenantId, wanted) =>
      Effect.sync(() => {
        const all = Array.from(memory.aliases, ([address, userId]) => ({ address, userId }))
        const visible = all.filter(({ userId }) => {
          const user = memory.users.get(userId)
          return user !== undefined && isTenants(tenantId)(user)
        })
        return page(visible, ({ address }) => address, wanted)
      }),
    resolve: resolver.resolve
  })
}

const makeCredentials = (memory: Memory) => {
  const known = (id: MailboxId) =>
    memory.users.has(id) ? Effect.void : Effect.fail(new NotFound({ what: "user" }))
  return Credentials.of({
    byAddress: (address) =>
      Effect.sync(() => {
        const user = byEmail(memory, address)
        return user === undefined ? null : { user, passwordHash: memory.passwords.get(user.id) ?? null }
      }),
    setPassword: (id, hash) =>
      Effect.map(known(id), () => {
        if (hash === null) memory.passwords.delete(id)
        else memory.passwords.set(id, hash)
      }),
    createToken: ({ userId, label, hash, expiresAt }) =>
      Effect.gen(function* () {
        yield* known(userId)
        const token = {
          id: randomUUID(),
          userId,
          label,
          createdAt: yield* Clock.currentTimeMillis,
          expiresAt
        }
        memory.tokens.set(token.id, { ...token, hash })
        return token
      }),
    byTokenHash: (wanted) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const found = Array.from(memory.tokens.values()).find(({ hash }) => hash === wanted)
        if (found === undefined || (found.expiresAt !== null && found.expiresAt <= now)) return null
        const { hash: _, ...token } = found
        const user = memory.users.get(found.userId)
        return user === undefined ? null : { user, token }
      }),
    tokens: (userId, wanted) =>
      Effect.sync(() => {
        const mine = Array.from(memory.tokens.values()).filter((token) => token.userId === userId)
        return page(mine, ({ id }) => id, wanted).map(({ hash: _, ...token }) => token)
      }),
    revokeToken: (userId, id) =>
      Effect.sync(() => memory.tokens.get(id)?.userId === userId && memory.tokens.delete(id))
  })
}

/** Directory and credentials that live as long as the process: for tests. */
export const layerDirectoryMemory = (
  options: Partial<ResolverOptions> = {}
): Layer.Layer<Directory | Credentials> =>
  Layer.effectContext(
    Effect.sync(() => {
      const memory: Memory = {
        tenants: new Map(),
        domains: new Map(),
        users: new Map(),
        aliases: new Map(),
        passwords: new Map(),
        tokens: new Map()
      }
      return Context.make(Directory, makeDirectory(memory, { ...defaultResolverOptions, ...options })).pipe(
        Context.add(Credentials, makeCredentials(memory))
      )
    })
  )
