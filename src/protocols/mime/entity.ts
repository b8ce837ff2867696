import type { Defect, Part, TransferEncoding } from "../../domain/Content.ts"
import { cleanText, cut, type HeaderReader } from "./headers.ts"
import type { MimeLimits } from "./MimeLimits.ts"
import { type Parameterized, parseParameterized } from "./parameters.ts"
import { parseTransferEncoding } from "./transferEncoding.ts"

/** What the header of one entity says about its body. */
export interface Entity
  extends Pick<
    Part,
    | "type"
    | "parameters"
    | "charset"
    | "encoding"
    | "disposition"
    | "fileName"
    | "contentId"
    | "contentLocation"
    | "description"
  > {
  readonly boundary: Buffer | undefined
  /** Whether the body is a message whose own structure can be read in place. */
  readonly isMessage: boolean
}

interface Surroundings {
  readonly limits: MimeLimits
  readonly defects: Set<Defect>
  /** The default type inside multipart/digest differs (RFC 2046 5.1.5). */
  readonly isInDigest: boolean
}

const token = "[!#$%&'*+.^_`|~0-9a-z-]+"
const mediaType = new RegExp(`^(${token})\\s*/\\s*(${token})`)

/** Line ends of a boundary are not part of it (RFC 2046 5.1.1: it does not end in white space). */
const boundaryOf = (text: string | undefined, { limits, defects }: Surroundings): Buffer | undefined => {
  const boundary = cut(text ?? "", limits.fieldBytes).trimEnd()
  if (boundary === "") defects.add("missing-boundary")
  return boundary === "" ? undefined : Buffer.from(boundary, "utf8")
}

const typeOf = (value: string | null, { isInDigest, defects }: Surroundings): string => {
  if (value === null) return isInDigest ? "message/rfc822" : "text/plain"
  const match = mediaType.exec(value)
  if (match !== null) return `${match[1]}/${match[2]}`
  defects.add("invalid-content-type")
  return "text/plain"
}

/** The first word: a comment may follow it, and quotes of the wrong kind may surround it. */
const charsetOf = (text: string | undefined): string | null =>
  /^['"]?([^\s'"(),;]{1,75})/.exec((text ?? "").trimStart())?.[1]?.toLowerCase() ?? null

const isIdentity = (encoding: TransferEncoding): boolean =>
  encoding === "7bit" || encoding === "8bit" || encoding === "binary"

const withoutBrackets = (value: string): string => value.replace(/^<(.*)>$/, "$1")

/** Reads the MIME fields of one header block (RFC 2045, RFC 2183, RFC 2392). */
export const describeEntity = (header: HeaderReader, at: Surroundings): Entity => {
  const { limits, defects } = at
  const structured = (name: string): Parameterized | null => {
    const value = header.first(name)
    return value === null || value === "" ? null : parseParameterized(value, at)
  }
  const text = (name: string): string | null => {
    const value = header.first(name)
    return value === null ? null : header.text(value, limits.nameLength)
  }
  const contentType = structured("content-type")
  const disposition = structured("content-disposition")
  const type = typeOf(contentType?.value ?? null, at)
  const parameters = contentType?.parameters ?? {}
  const encoding = parseTransferEncoding(header.first("content-transfer-encoding") ?? "")
  if (encoding === "unknown") defects.add("unknown-transfer-encoding")
  const fileName = disposition?.parameters["filename"] ?? parameters["name"]
  const contentId = text("content-id")
  return {
    type,
    parameters,
    charset: charsetOf(parameters["charset"]),
    encoding,
    disposition: disposition === null || disposition.value === "" ? null : disposition.value,
    fileName: fileName === undefined ? null : cut(cleanText(fileName), limits.nameLength),
    contentId: contentId === null ? null : withoutBrackets(contentId),
    contentLocation: text("content-location"),
    description: text("content-description"),
    boundary: type.startsWith("multipart/") ? boundaryOf(parameters["boundary"], at) : undefined,
    isMessage: (type === "message/rfc822" || type === "message/global") && isIdentity(encoding)
  }
}
