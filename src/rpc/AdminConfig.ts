import { Config } from "effect"

/** Limits of `Admin`. */
export const AdminConfig = Config.all({
  pageSize: Config.integer("POSTROOM_ADMIN_PAGE_SIZE").pipe(
    Config.withDefault(100),
    Config.withDescription("Entries of a page where the caller does not say.")
  ),
  maxPageSize: Config.integer("POSTROOM_ADMIN_MAX_PAGE_SIZE").pipe(
    Config.withDefault(1_000),
    Config.withDescription("Entries of a page at most.")
  ),
  maxUsers: Config.integer("POSTROOM_ADMIN_MAX_USERS").pipe(
    Config.withDefault(1_000),
    Config.withDescription("Users that one call may make.")
  ),
  hashConcurrency: Config.integer("POSTROOM_ADMIN_HASH_CONCURRENCY").pipe(
    Config.withDefault(2),
    Config.withDescription("Passwords of new users that are hashed at once; sign-ins take turns with them.")
  )
})

export type AdminLimits = Config.Config.Success<typeof AdminConfig>
