import { createHash, randomBytes } from "node:crypto"
import { Redacted } from "effect"

/** Browsers take a name with `__Host-` over https alone, for this host alone (RFC 6265bis 4.1.3.2). */
const secureName = "__Host-postroom-session"
const plainName = "postroom-session"

const shape = /^[A-Za-z0-9_-]{43}$/

/** 256 random bits in base64url: what the cookie holds, and nothing else. */
export const newSessionSecret = (): Redacted.Redacted => Redacted.make(randomBytes(32).toString("base64url"))

/** Hex SHA-256: what is kept of it. */
export const sessionSecretHash = (secret: Redacted.Redacted): string =>
  createHash("sha256").update(Redacted.value(secret)).digest("hex")

/** The value of a cookie of a Cookie header (RFC 6265 5.4); null = there is none. */
export const cookieNamed = (header: string | undefined, name: string): string | null => {
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=")
    if (equals >= 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return null
}

/**
 * Where all come over https (`secure`), another cookie may be from whoever answers for a neighbouring host. `either`: that
 * is not known.
 */
export type Transport = "secure" | "plain" | "either"

/** What a browser shows of its session; null = nothing that can be one. */
export const readSessionCookie = (
  header: string | undefined,
  transport: Transport
): Redacted.Redacted | null => {
  const secure = transport === "plain" ? null : cookieNamed(header, secureName)
  const found = secure ?? (transport === "secure" ? null : cookieNamed(header, plainName))
  return found !== null && shape.test(found) ? Redacted.make(found) : null
}

/** A Set-Cookie header that no script reads and no other site's form sends along. */
export const setCookie = (cookie: {
  readonly name: string
  readonly value: string
  readonly maxAgeSeconds: number
  readonly isSecure: boolean
}): string =>
  `${cookie.name}=${cookie.value}; Path=/; Max-Age=${cookie.maxAgeSeconds}; HttpOnly; SameSite=Lax${cookie.isSecure ? "; Secure" : ""}`

const nameOf = (isSecure: boolean) => (isSecure ? secureName : plainName)

export const sessionCookie = (
  secret: Redacted.Redacted,
  { maxAgeSeconds, isSecure }: { readonly maxAgeSeconds: number; readonly isSecure: boolean }
): string => setCookie({ name: nameOf(isSecure), value: Redacted.value(secret), maxAgeSeconds, isSecure })

/** Takes the cookie from the browser. */
export const noSessionCookie = (isSecure: boolean): string =>
  setCookie({ name: nameOf(isSecure), value: "", maxAgeSeconds: 0, isSecure })
