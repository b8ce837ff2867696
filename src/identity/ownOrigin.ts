import type { IncomingMessage } from "node:http"
import { TLSSocket } from "node:tls"
import { Option } from "effect"

const soundHost = /^(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/

/** Where the browser reaches this server, e.g. `https://mail.example.org`; null where neither a setting nor the request says it. */
export const ownOrigin = (
  publicUrl: Option.Option<URL>,
  { headers: { host }, socket }: Pick<IncomingMessage, "headers" | "socket">
): string | null => {
  if (Option.isSome(publicUrl)) return publicUrl.value.origin
  const scheme = socket instanceof TLSSocket ? "https" : "http"
  const url = `${scheme}://${host}`
  return host !== undefined && soundHost.test(host) && URL.canParse(url) ? new URL(url).origin : null
}

/**
 * Whether a page of ours made the browser send it. Browsers name the origin of every request that may change something and
 * of every WebSocket (Fetch standard, "`Origin` header"; RFC 6455 10.2): who names none is no browser, and has no cookie.
 */
export const isOwnOrigin = (
  publicUrl: Option.Option<URL>,
  request: Pick<IncomingMessage, "headers" | "socket">
): boolean => {
  const { origin } = request.headers
  return origin !== undefined && origin === ownOrigin(publicUrl, request)
}
