import { Effect } from "effect"
import { type CoreError, InvalidRequest, NotFound } from "../../domain/errors.ts"
import type { MailboxId, TenantId } from "../../domain/ids.ts"
import type { Directory, Page, User } from "../../storage/directory/Directory.ts"
import type { PageInput, PageOf, TenantPageInput } from "../Admin.ts"
import type { AdminLimits } from "../AdminConfig.ts"
import type { Authorized } from "../guard.ts"

/** Whoever belongs to a tenant meets nothing but that tenant: what is elsewhere is not there. */
export const makeTenancy = ({
  directory,
  limits
}: {
  readonly directory: Directory["Type"]
  readonly limits: Pick<AdminLimits, "pageSize" | "maxPageSize">
}) => {
  const paged = <A>(
    { after, limit: wanted }: PageInput,
    list: {
      readonly read: (page: Page) => Effect.Effect<ReadonlyArray<A>, CoreError>
      readonly name: (entry: A) => string
    }
  ): Effect.Effect<PageOf<A>, CoreError> => {
    const limit = Math.min(wanted ?? limits.pageSize, limits.maxPageSize)
    // One more than asked for tells whether there is a next page.
    return Effect.map(list.read({ after, limit: limit + 1 }), (found) => {
      const entries = found.slice(0, limit)
      const last = entries.at(-1)
      return { entries, after: found.length > limit && last !== undefined ? list.name(last) : null }
    })
  }

  const isVisible = (call: Authorized, tenantId: TenantId): boolean =>
    call.access.tenantId === null || call.access.tenantId === tenantId

  /** The tenant that a call is about; null = all of them. */
  const scope = (call: Authorized, tenant: string | null): Effect.Effect<TenantId | null, CoreError> =>
    tenant === null
      ? Effect.succeed(call.access.tenantId)
      : Effect.flatMap(directory.tenantByName(tenant), ({ id }) =>
          isVisible(call, id) ? Effect.succeed(id) : Effect.fail(new NotFound({ what: "tenant" }))
        )

  const oneTenant = (call: Authorized, tenant: string | null): Effect.Effect<TenantId, CoreError> =>
    Effect.filterOrFail(
      scope(call, tenant),
      (tenantId) => tenantId !== null,
      () => new InvalidRequest({ message: "Say which tenant: you belong to none." })
    )

  const ofTenant =
    <A>(
      read: (tenantId: TenantId | null, page: Page) => Effect.Effect<ReadonlyArray<A>, CoreError>,
      name: (entry: A) => string
    ) =>
    (call: Authorized, input: TenantPageInput): Effect.Effect<PageOf<A>, CoreError> =>
      Effect.flatMap(scope(call, input.tenant), (tenantId) =>
        paged(input, { read: (page) => read(tenantId, page), name })
      )

  const visible = (call: Authorized, user: Effect.Effect<User, CoreError>): Effect.Effect<User, CoreError> =>
    Effect.filterOrFail(
      user,
      ({ tenantId }) => isVisible(call, tenantId),
      () => new NotFound({ what: "user" })
    )

  const userById = (call: Authorized, id: MailboxId) => visible(call, directory.userById(id))

  return { paged, isVisible, scope, oneTenant, ofTenant, visible, userById }
}
