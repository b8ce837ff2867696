import type { ServerResponse } from "node:http"

/** An answer as HTTP sends it. */
export interface Reply {
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: ReadonlyArray<string>
  readonly body: string
}

/** Nothing runs, nothing comes from elsewhere, and forms lead to us, or to where the issuer goes on from there. */
const policy = (formsLeadTo: string | null): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action 'self'${formsLeadTo === null ? "" : ` ${formsLeadTo}`}`,
    "base-uri 'none'",
    "frame-ancestors 'none'"
  ].join("; ")

const always = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  // With `no-referrer` a form would not say where it comes from (Fetch standard, "`Origin` header").
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin"
}

const plain = "text/plain; charset=utf-8"

export const html = (
  body: string,
  { code = 200, formsLeadTo = null }: { readonly code?: number; readonly formsLeadTo?: string | null } = {}
): Reply => ({
  code,
  headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy(formsLeadTo) },
  cookies: [],
  body
})

export const redirect = (location: string, cookies: ReadonlyArray<string> = []): Reply => ({
  code: 303,
  headers: { location },
  cookies,
  body: ""
})

export const json = (value: unknown, cookies: ReadonlyArray<string>): Reply => ({
  code: 200,
  headers: { "content-type": "application/json" },
  cookies,
  body: JSON.stringify(value)
})

/** Asked for again with each page: it is small, and never older than they are. */
export const stylesheet = (text: string): Reply => ({
  code: 200,
  headers: { "content-type": "text/css; charset=utf-8" },
  cookies: [],
  body: text
})

/** For programs, and for what no page of ours asks. */
export const bare = (code: number, headers: Reply["headers"] = {}): Reply => ({
  code,
  headers: { "content-type": plain, ...headers },
  cookies: [],
  body: `${code}\n`
})

export const withHeaders = (reply: Reply, headers: Reply["headers"]): Reply => ({
  ...reply,
  headers: { ...reply.headers, ...headers }
})

export const withCookies = (reply: Reply, cookies: ReadonlyArray<string>): Reply => ({ ...reply, cookies })

export const send = (response: ServerResponse, { code, headers, cookies, body }: Reply): void => {
  if (response.destroyed || response.headersSent) return
  response.writeHead(code, {
    ...always,
    ...headers,
    "content-length": Buffer.byteLength(body),
    ...(cookies.length === 0 ? {} : { "set-cookie": [...cookies] })
  })
  response.end(body)
}
