import { type ConfigError, Effect, Layer } from "effect"
import { Identity } from "../identity/Identity.ts"
import { Passwords } from "../identity/Passwords.ts"
import { Directory } from "../storage/directory/Directory.ts"
import { Admin, type AdminMethods } from "./Admin.ts"
import { AdminConfig } from "./AdminConfig.ts"
import { AdminService } from "./gen/postroom/core/v1/admin_pb.ts"
import { Guard } from "./guard.ts"
import { makeAdminHandlers } from "./handlers/admin.ts"

type Needs = Guard | Directory | Identity | Passwords

/** `Admin` in this process: every handler behind the guard. A method of the service without one does not compile. */
export const layer: Layer.Layer<Admin, ConfigError.ConfigError, Needs> = Layer.effect(
  Admin,
  Effect.gen(function* () {
    const guard = yield* Guard
    const handlers = makeAdminHandlers({
      directory: yield* Directory,
      identity: yield* Identity,
      passwords: yield* Passwords,
      limits: yield* AdminConfig
    })
    const { method } = AdminService
    // Names and addresses stay out of the audit trail; it has ids and counts.
    const directory = { resource: () => "directory" }
    const user = { resource: ({ userId }: { readonly userId: string | null }) => `user:${userId ?? "none"}` }
    return {
      createTenant: guard.platform(method.createTenant, handlers.createTenant, directory),
      listTenants: guard.platform(method.listTenants, handlers.listTenants, directory),
      createDomain: guard.platform(method.createDomain, handlers.createDomain, directory),
      listDomains: guard.platform(method.listDomains, handlers.listDomains, directory),
      setCatchAll: guard.platform(method.setCatchAll, handlers.setCatchAll, user),
      createUsers: guard.platform(method.createUsers, handlers.createUsers, {
        ...directory,
        details: ({ users }) => ({ users: users.length })
      }),
      listUsers: guard.platform(method.listUsers, handlers.listUsers, directory),
      getUser: guard.platform(method.getUser, handlers.getUser, directory),
      setUserStatus: guard.platform(method.setUserStatus, handlers.setUserStatus, {
        ...user,
        details: ({ status }) => ({ status })
      }),
      setPassword: guard.platform(method.setPassword, handlers.setPassword, user),
      createAlias: guard.platform(method.createAlias, handlers.createAlias, user),
      listAliases: guard.platform(method.listAliases, handlers.listAliases, directory),
      createToken: guard.mail(method.createToken, handlers.createToken),
      listTokens: guard.mail(method.listTokens, handlers.listTokens),
      revokeToken: guard.mail(method.revokeToken, handlers.revokeToken)
    } satisfies AdminMethods & Record<keyof typeof AdminService.method, unknown>
  })
)
