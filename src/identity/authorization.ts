import { Redacted } from "effect"

/** What an Authorization header carries. */
export type Authorization =
  | { readonly _tag: "Basic"; readonly username: string; readonly password: Redacted.Redacted }
  | { readonly _tag: "Bearer"; readonly token: Redacted.Redacted }

/** Characters; a longer header is not looked at. */
const maxLength = 4_096

/** Reads Basic (RFC 7617) and Bearer (RFC 6750); null for anything else. */
export const readAuthorization = (header: string): Authorization | null => {
  if (header.length > maxLength) return null
  const [, scheme, value] = /^\s*(basic|bearer) +([A-Za-z0-9._~+/=-]+)\s*$/i.exec(header) ?? []
  if (scheme === undefined || value === undefined) return null
  return scheme.toLowerCase() === "bearer"
    ? { _tag: "Bearer", token: Redacted.make(value) }
    : readBasic(value)
}

const readBasic = (value: string): Authorization | null => {
  const text = decode(Buffer.from(value, "base64"))
  const colon = text.indexOf(":")
  return colon < 0
    ? null
    : { _tag: "Basic", username: text.slice(0, colon), password: Redacted.make(text.slice(colon + 1)) }
}

/** UTF-8, or Latin-1 where it is none: what phones of the time before RFC 7617 send. */
const decode = (bytes: Buffer): string => {
  const text = bytes.toString("utf8")
  return text.includes("\ufffd") ? bytes.toString("latin1") : text
}
