import { randomUUID } from "node:crypto"
import { Effect, Layer } from "effect"
import { parseDomain } from "../../domain/EmailAddress.ts"
import { AlreadyExists, NotFound } from "../../domain/errors.ts"
import { MailboxId, TenantId } from "../../domain/ids.ts"
import { Postgres } from "../postgres.ts"
import { Directory, type NewUser, type User } from "./Directory.ts"
import { canonical, domainOf, prepared, validName } from "./input.ts"
import { defaultResolverOptions, makeResolver, type ResolverOptions } from "./resolver.ts"
import { resolveStatement } from "./resolveStatement.ts"
import { run, toDomain, toUser, type UserRow } from "./rows.ts"
import * as sql from "./statements.ts"

const make = (options: ResolverOptions) =>
  Effect.gen(function* () {
    const query = run(yield* Postgres)
    const resolver = makeResolver(
      {
        find: ({ address, base, domain, isResponsible }) =>
          Effect.map(query(resolveStatement, [address, base, domain, isResponsible]), ([row]) => row),
        oldestDomain: Effect.map(query(sql.selectOldestDomain, []), ([row]) => row?.name)
      },
      options
    )
    /** Also after a failure: a commit whose answer was lost may have happened. */
    const forgetting = Effect.ensuring(Effect.sync(resolver.forget))

    const createUsers = (users: ReadonlyArray<NewUser>) =>
      Effect.gen(function* () {
        const all = yield* Effect.forEach(users, prepared)
        const [row] = yield* query(
          sql.insertUsers,
          [
            all.map(({ id }) => id),
            all.map(({ email }) => email),
            all.map(({ domain }) => domain),
            all.map(({ displayName }) => displayName),
            all.map(({ roles }) => roles.join(",")),
            all.map(({ quotaBytes }) => quotaBytes),
            all.map(({ passwordHash }) => passwordHash),
            all.map(() => randomUUID())
          ],
          { users_email_key: new AlreadyExists({ what: "user" }) }
        ).pipe(forgetting)
        if (row?.has_unknown_domain !== false) return yield* new NotFound({ what: "domain" })
        if (row.has_alias) return yield* new AlreadyExists({ what: "alias" })
        const tenants = new Map(row.made?.map(({ id, tenant_id }) => [id, TenantId(tenant_id)]))
        return all.flatMap((user): ReadonlyArray<User> => {
          const tenantId = tenants.get(user.id)
          const { email, displayName, roles, quotaBytes } = user
          return tenantId === undefined
            ? []
            : [{ id: MailboxId(user.id), tenantId, email, displayName, status: "active", roles, quotaBytes }]
        })
      })

    return Directory.of({
      createTenant: (text) =>
        Effect.gen(function* () {
          const name = yield* validName("A tenant's name", text, 1)
          const id = randomUUID()
          yield* query(sql.insertTenant, [id, name], {
            tenants_name_key: new AlreadyExists({ what: "tenant" })
          })
          return { id: TenantId(id), name }
        }),
      tenants: ({ after, limit }) =>
        Effect.map(query(sql.selectTenants, [after, limit]), (rows) =>
          rows.map(({ id, name }) => ({ id: TenantId(id), name }))
        ),
      tenantByName: (name) =>
        Effect.flatMap(query(sql.selectTenantByName, [name]), ([row]) =>
          row === undefined
            ? new NotFound({ what: "tenant" })
            : Effect.succeed({ id: TenantId(row.id), name: row.name })
        ),
      createDomain: (tenantId, text) =>
        Effect.gen(function* () {
          const name = yield* parseDomain(text)
          yield* query(sql.insertDomain, [name, tenantId], {
            domains_pkey: new AlreadyExists({ what: "domain" }),
            domains_tenant_id_fkey: new NotFound({ what: "tenant" })
          }).pipe(forgetting)
          return { name, tenantId, catchAll: null }
        }),
      domains: (tenantId, { after, limit }) =>
        Effect.map(query(sql.selectDomains, [tenantId, after, limit]), (rows) => rows.map(toDomain)),
      domainByName: (text) =>
        Effect.gen(function* () {
          const [row] = yield* query(sql.selectDomainByName, [yield* parseDomain(text)])
          return row === undefined ? yield* new NotFound({ what: "domain" }) : toDomain(row)
        }),
      setCatchAll: (text, mailboxId) =>
        Effect.gen(function* () {
          const name = yield* parseDomain(text)
          const [row] = yield* query(sql.updateCatchAll, [name, mailboxId]).pipe(forgetting)
          if (row?.has_domain !== true) return yield* new NotFound({ what: "domain" })
          if (!row.is_changed) return yield* new NotFound({ what: "user" })
        }),
      createUsers,
      users: (tenantId, { after, limit }) =>
        Effect.map(query(sql.selectUsers, [tenantId, after, limit]), (rows) => rows.map(toUser)),
      setStatus: (id, status) =>
        Effect.flatMap(query(sql.updateStatus, [id, status]).pipe(forgetting), ([row]) =>
          row === undefined ? new NotFound({ what: "user" }) : Effect.void
        ),
      userById: (id) => Effect.flatMap(query(sql.selectUserById, [id]), oneUser),
      userByAddress: (text) =>
        Effect.gen(function* () {
          const address = yield* canonical(text)
          return yield* oneUser(yield* query(sql.selectUserByAddress, [address]))
        }),
      createAlias: (text, userId) =>
        Effect.gen(function* () {
          const address = yield* canonical(text)
          const [row] = yield* query(sql.insertAlias, [address, userId, domainOf(address)], {
            aliases_pkey: new AlreadyExists({ what: "alias" })
          }).pipe(forgetting)
          if (row?.has_domain !== true) return yield* new NotFound({ what: "domain" })
          if (!row.has_user) return yield* new NotFound({ what: "user" })
          if (row.is_taken) return yield* new AlreadyExists({ what: "user" })
          return { address, userId }
        }),
      aliases: (tenantId, { after, limit }) =>
        Effect.map(query(sql.selectAliases, [tenantId, after, limit]), (rows) =>
          rows.map((row) => ({ address: row.address, userId: MailboxId(row.user_id) }))
        ),
      resolve: resolver.resolve
    })
  })

const oneUser = ([row]: ReadonlyArray<UserRow>) =>
  row === undefined ? new NotFound({ what: "user" }) : Effect.succeed(toUser(row))

/** The directory in Postgres, with a short memory of what `resolve` answered. */
export const layerDirectoryPg = (
  options: Partial<ResolverOptions> = {}
): Layer.Layer<Directory, never, Postgres> =>
  Layer.effect(Directory, make({ ...defaultResolverOptions, ...options }))
