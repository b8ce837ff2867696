import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { Data, Effect } from "effect"
import { metrics } from "../../observability/metrics.ts"
import type { Answer, CommandName } from "./Command.ts"
import { joinParts } from "./multipart.ts"
import { childElements, type Element, textOf } from "./wbxml/element.ts"
import { encode } from "./wbxml/encode.ts"

/** An answer as HTTP sends it. */
export interface Reply {
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
  /** For the metric: the status in the document, or the code. */
  readonly status: string
}

export const bare = (code: number, headers: Reply["headers"] = {}): Reply => ({
  code,
  headers,
  body: null,
  status: `http ${code}`
})

export const withHeaders = (reply: Reply, headers: Reply["headers"]): Reply => ({
  ...reply,
  headers: { ...reply.headers, ...headers }
})

/** The request is answered before its command is asked. */
export class Refusal extends Data.TaggedError("Refusal")<{ readonly reply: Reply }> {}

/** With a code alone, whatever its version. */
export const refused = (code: number, headers: Reply["headers"] = {}): Refusal =>
  new Refusal({ reply: bare(code, headers) })

/** Counts the answer. */
export const counted = (command: CommandName | "OPTIONS" | "unknown", reply: Reply): Reply => {
  metrics.activesyncRequests.inc({ command, status: reply.status })
  return reply
}

/** The same request may work later. */
export const later = (seconds: number): Refusal =>
  refused(503, { "retry-after": String(Math.max(1, Math.ceil(seconds))) })

/** Clients that have no password ask for one; a Bearer challenge without its parameters would mislead them. */
export const signInFirst: Refusal = refused(401, { "www-authenticate": 'Basic realm="postroom"' })

const wbxml = "application/vnd.ms-sync.wbxml"
const multipart = "application/vnd.ms-sync.multipart"

/** A body of no bytes has no type (MS-ASHTTP_R212). */
export const withBody = (type: string, body: Uint8Array, status: string): Reply =>
  body.length === 0 ? bare(200) : { code: 200, headers: { "content-type": type }, body, status }

export const documentReply = (document: Element): Reply =>
  withBody(wbxml, encode(document), statusIn(document))

export const replyOf = (answer: Answer): Reply => {
  switch (answer._tag) {
    case "Document":
      return documentReply(answer.document)
    case "Empty":
      return bare(200)
    case "Multipart": {
      const body = joinParts([encode(answer.document), ...answer.parts])
      return withBody(multipart, body, statusIn(answer.document))
    }
    case "Bytes":
      return withHeaders(withBody(headerSafe(answer.contentType), answer.bytes, "http 200"), asFile)
  }
}

/** The status beneath the root; "none" where it stands deeper, or is no number. */
const statusIn = (document: Element): string => {
  const status = childElements(document).find(({ tag }) => tag.endsWith(":Status"))
  const text = status === undefined ? "" : textOf(status)
  return /^\d{1,3}$/.test(text) ? text : "none"
}

/** No browser may take what somebody sent for a page of this server. */
const asFile = {
  "content-disposition": "attachment",
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox"
}

/** The type comes from a message that anybody may have sent. */
const headerSafe = (contentType: string): string =>
  /^[\x20-\x7e]{1,200}$/.test(contentType) ? contentType : "application/octet-stream"

/** Smaller bodies gain nothing. */
const packFromBytes = 256

const gzipped = promisify(gzip)

/** Packed with gzip, where that is worth it. */
export const packed = (reply: Reply): Effect.Effect<Reply> => {
  const { body } = reply
  if (body === null || body.length < packFromBytes) return Effect.succeed(reply)
  return Effect.map(
    Effect.promise((): Promise<Buffer> => gzipped(body)),
    (packedBody) => ({ ...withHeaders(reply, { "content-encoding": "gzip" }), body: packedBody })
  )
}

/** Whether an Accept-Encoding (RFC 9110 12.5.3) takes it. */
export const takesGzip = (acceptEncoding = ""): boolean =>
  /(^|[\s,])(x-)?gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(acceptEncoding)
