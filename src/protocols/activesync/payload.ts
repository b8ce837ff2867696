import { createHash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { Effect } from "effect"
import type { ActiveSyncSettings } from "./ActiveSyncConfig.ts"
import { readBody } from "./body.ts"
import { isAtLeast, type Request } from "./Command.ts"
import { carriesMail, type Head } from "./head.ts"
import { StatusError } from "./status.ts"
import { decode } from "./wbxml/decode.ts"

/** What the body of a request is. */
export interface Payload extends Pick<Request, "document" | "mime"> {
  /** Of query and body; null where the body is too long to be looked for again. */
  readonly digest: string | null
}

/** Longer bodies are not compared. */
const digestedBytes = 64 * 1024

/** Null: it is too long. */
export const digestOf = (...pieces: ReadonlyArray<string | Uint8Array>): string | null => {
  if (pieces.reduce((sum, { length }) => sum + length, 0) > digestedBytes) return null
  const hash = createHash("sha256")
  for (const piece of pieces) hash.update(piece)
  return hash.digest("base64")
}

const wbxmlTypes = ["application/vnd.ms-sync.wbxml", "application/vnd.ms-sync", ""]

/** Reads and decodes the body. 101 = it is of a type that the command does not take. */
export const readPayload = Effect.fnUntraced(function* (
  request: IncomingMessage,
  head: Head,
  settings: ActiveSyncSettings
) {
  const maxBytes = carriesMail(head.command) ? settings.mailBytes : settings.requestBytes
  const body = yield* readBody(request, { maxBytes, timeout: settings.bodyTimeout })
  const digest = digestOf(request.url ?? "", body)
  if (body.length === 0) return { document: null, mime: null, digest } satisfies Payload
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""
  if (type === "message/rfc822" && takesMime(head)) {
    return { document: null, mime: body, digest } satisfies Payload
  }
  if (!wbxmlTypes.includes(type)) return yield* new StatusError({ status: 101 })
  const document = yield* Effect.mapError(decode(body), ({ status }) => new StatusError({ status }))
  return { document, mime: null, digest } satisfies Payload
})

/** Before 14.0 the message itself is the body (MS-ASCMD 2.2.1.17). */
const takesMime = ({ command, version }: Head): boolean =>
  carriesMail(command) && command !== "Sync" && !isAtLeast(version, "14.0")
