import { randomUUID } from "node:crypto"
import { CorrelationId, type TenantId } from "../domain/ids.ts"

/** A header as node gives it; of a repeated one the first. */
type HeaderValue = string | ReadonlyArray<string> | undefined

export const headerText = (value: HeaderValue): string | undefined =>
  typeof value === "string" ? value : value?.[0]

/** `X-Correlation-Id` as the caller gave it where it is sound, else a new one. It ends up in logs, audit and Received. */
export const correlationIdOf = (value: HeaderValue): CorrelationId => {
  const text = headerText(value)
  return CorrelationId(text !== undefined && /^[\w.:-]{1,128}$/.test(text) ? text : randomUUID())
}

/** `X-Trace-Id`, where it is sound. Of a call that is traced it becomes the trace's id, if it can be one. */
export const traceIdOf = (value: HeaderValue): string | null => {
  const text = headerText(value)
  return text !== undefined && /^[\w.:-]{1,128}$/.test(text) ? text : null
}

/** `X-Tenant` is a claim to be checked, never a right: true where it is absent or names the caller's tenant. */
export const isTenantSound = (value: HeaderValue, tenantId: TenantId | null): boolean => {
  const text = headerText(value)
  return text === undefined || tenantId === null || text.toLowerCase() === tenantId
}
