import { Config } from "effect"
import { setting } from "../settings/setting.ts"
import { integer } from "../settings/types.ts"

/** Limits of `Admin`. */
export const AdminConfig = Config.all({
  pageSize: setting({
    name: "POSTROOM_ADMIN_PAGE_SIZE",
    type: integer,
    default: 100,
    meaning: "Entries of a page where the caller does not say."
  }),
  maxPageSize: setting({
    name: "POSTROOM_ADMIN_MAX_PAGE_SIZE",
    type: integer,
    default: 1_000,
    meaning: "Entries of a page at most."
  }),
  maxUsers: setting({
    name: "POSTROOM_ADMIN_MAX_USERS",
    type: integer,
    default: 1_000,
    meaning: "Users that one call may make."
  }),
  hashConcurrency: setting({
    name: "POSTROOM_ADMIN_HASH_CONCURRENCY",
    type: integer,
    default: 2,
    meaning: "Passwords of new users that are hashed at once; sign-ins take turns with them."
  })
})

export type AdminLimits = Config.Config.Success<typeof AdminConfig>
