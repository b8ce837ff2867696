import type { TenantId } from "../domain/ids.ts"
import { type HeaderValue, headerText } from "../observability/correlation.ts"

/** `X-Tenant` is a claim to be checked, never a right: true where it is absent or names the caller's tenant. */
export const isTenantSound = (value: HeaderValue, tenantId: TenantId | null): boolean => {
  const text = headerText(value)
  return text === undefined || tenantId === null || text.toLowerCase() === tenantId
}
