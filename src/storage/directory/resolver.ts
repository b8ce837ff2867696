import { Clock, Duration, Effect } from "effect"
import { canonicalAddress, type EmailAddress, parseAddress, splitDetail } from "../../domain/EmailAddress.ts"
import type { InvalidRequest, Unavailable } from "../../domain/errors.ts"
import { MailboxId, TenantId } from "../../domain/ids.ts"
import type { Resolution } from "./Directory.ts"
import { makeExpiringMap } from "./ExpiringMap.ts"

export interface ResolverOptions {
  /** Between user and detail; "" = no sub-addresses. */
  readonly separator: string
  /** How long an answer, yes or no, may be repeated without asking; bounds how late another process's change is seen. */
  readonly cacheFor: Duration.DurationInput
  /** Answers kept at most. */
  readonly cacheCapacity: number
}

export const defaultResolverOptions: ResolverOptions = {
  separator: "+",
  cacheFor: "3 seconds",
  cacheCapacity: 20_000
}

/** What stands behind an address, before any memory of it. */
export interface ResolveQuery {
  /** Canonical. */
  readonly address: string
  /** The same without its detail; null = it has none. */
  readonly base: string | null
  readonly domain: string
  /** Whether an admin answers where nobody else does. */
  readonly isResponsible: boolean
}

export interface ResolveRow {
  /** Null = nobody; then the other columns are null too. */
  readonly user_id: string | null
  readonly tenant_id: string | null
  readonly status: "active" | "disabled" | null
  /** Whether the match was by the address without its detail. */
  readonly by_base: boolean | null
  readonly is_over_quota: boolean | null
}

/** Where answers come from: a round trip each. */
export interface ResolveSource {
  /** Undefined = not a domain of ours. */
  readonly find: (query: ResolveQuery) => Effect.Effect<ResolveRow | undefined, Unavailable>
  readonly oldestDomain: Effect.Effect<string | undefined, Unavailable>
}

/** `resolve`, and how to forget its answers once this process changed the directory. */
export interface Resolver {
  readonly resolve: (address: string) => Effect.Effect<Resolution, InvalidRequest | Unavailable>
  readonly forget: () => void
}

const answer = (row: ResolveRow | undefined, detail: string | null): Resolution => {
  if (row === undefined) return { _tag: "ForeignDomain" }
  if (row.user_id === null || row.tenant_id === null) return { _tag: "UnknownUser" }
  if (row.status === "disabled") return { _tag: "Disabled" }
  return {
    _tag: "Mailbox",
    mailboxId: MailboxId(row.user_id),
    tenantId: TenantId(row.tenant_id),
    detail: row.by_base === true ? detail : null,
    isOverQuota: row.is_over_quota === true
  }
}

/** Somebody must answer for these in every domain (RFC 5321 4.5.1, RFC 2142 2 and 4). */
const isResponsible = ({ localPart }: EmailAddress) => /^(postmaster|abuse)$/i.test(localPart)

export const makeResolver = (source: ResolveSource, options: ResolverOptions): Resolver => {
  const cache = makeExpiringMap<Resolution>(options.cacheCapacity)
  const cacheMillis = Duration.toMillis(options.cacheFor)
  // An answer that was asked for before a change must not be kept after it.
  let generation = 0

  const ask = (address: EmailAddress) => {
    const split = splitDetail(address, options.separator)
    const base = split?.base ?? address
    const query = {
      address: canonicalAddress(address),
      base: split === null ? null : canonicalAddress(base),
      domain: address.domain,
      isResponsible: isResponsible(base)
    }
    return Effect.map(source.find(query), (row) => answer(row, split?.detail ?? null))
  }

  const resolveParsed = (address: EmailAddress) =>
    Effect.gen(function* () {
      // Not the canonical form: the detail is handed on in the case that it was written in.
      const key = `${address.localPart}@${address.domain}`
      const known = cache.get(key, yield* Clock.currentTimeMillis)
      if (known !== undefined) return known
      const askedIn = generation
      const resolution = yield* ask(address)
      if (askedIn === generation) {
        cache.set(key, resolution, (yield* Clock.currentTimeMillis) + cacheMillis)
      }
      return resolution
    })

  return {
    resolve: (text) =>
      Effect.gen(function* () {
        if (!/^postmaster$/i.test(text)) return yield* resolveParsed(yield* parseAddress(text))
        const domain = yield* source.oldestDomain
        if (domain === undefined) return { _tag: "ForeignDomain" } satisfies Resolution
        return yield* resolveParsed({ localPart: "postmaster", domain })
      }),
    forget: () => {
      generation += 1
      cache.clear()
    }
  }
}
