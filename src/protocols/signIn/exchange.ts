import type { IncomingMessage, ServerResponse } from "node:http"
import type { Option } from "effect"
import type { Caller } from "../../identity/Identity.ts"
import { isOwnOrigin, ownOrigin } from "../../identity/ownOrigin.ts"
import { type Language, languageFor } from "./words.ts"

/** A request to a page of ours. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Where the browser reaches us. */
  readonly origin: string
  /** Whether that is by https. */
  readonly isSecure: boolean
  /** Whether a page of ours made the browser send it. */
  readonly isOurs: boolean
  readonly path: string
  readonly query: URLSearchParams
  readonly language: Language
  readonly caller: Caller
}

/** Null = nobody can say where we are: there is neither a setting nor a sound Host. */
export const openExchange = (
  publicUrl: Option.Option<URL>,
  request: IncomingMessage,
  response: ServerResponse
): Exchange | null => {
  const origin = ownOrigin(publicUrl, request)
  if (origin === null) return null
  const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s)
  return {
    request,
    response,
    origin,
    isSecure: origin.startsWith("https:"),
    isOurs: isOwnOrigin(publicUrl, request),
    path,
    query: new URLSearchParams(query),
    language: languageFor(request.headers["accept-language"]),
    caller: { ip: request.socket.remoteAddress ?? null }
  }
}
