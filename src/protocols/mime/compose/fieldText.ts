import {
  buildHeaderValue,
  encodeWord,
  foldLines,
  parseHeaderValue,
  quoteString
} from "nodemailer/lib/mime-funcs"
import MimeNode from "nodemailer/lib/mime-node"
import type { Address } from "../../../domain/Content.ts"
import { parseAddresses } from "../addresses.ts"
import { decodeUnlabelled } from "../charset.ts"
import { bufferOf } from "../decode.ts"
import { cleanText, cut } from "../headers.ts"
import { defaultMimeLimits } from "../MimeLimits.ts"
import type { RawField } from "../rawHeader.ts"
import { maxLineBytes } from "./lines.ts"

/**
 * One whole field, encoded (RFC 2047, RFC 2231), folded, with its CRLF. No value can begin a field of its own. "" where
 * nothing makes it fit: an id or address that is longer than a line.
 */
export const fieldText = (name: string, value: string): string => {
  const clean = cleanText(value)
  const field = folded(name, encoded(name.toLowerCase(), clean))
  if (field.split("\r\n").every((line) => line.length <= maxLineBytes)) return field
  return isStructured(name.toLowerCase()) ? "" : folded(name, encodeWord(clean, "Q", 52))
}

/** As `fieldText`, of addresses: their names may hold anything. One without an address keeps its name. */
export const addressField = (name: string, addresses: ReadonlyArray<Address>): string =>
  folded(name, addresses.map(addressText).join(", "))

/** RFC 5322 3.3, in UTC. */
export const dateField = (millis: number): string =>
  `Date: ${new Date(millis).toUTCString().replace("GMT", "+0000")}\r\n`

/** Of a name: nothing folds one word. */
const maxName = 200

const addressText = (written: Address): string => {
  const [name, address] = [cut(cleanText(written.name), maxName), cleanText(written.address)]
  return address === "" ? `${phrase(name)} <>` : MimeNode.encodeHeaderValue("To", [{ name, address }])
}

const phrase = (name: string): string =>
  /^[\x20-\x7e]*$/.test(name) ? quoteString(name) : encodeWord(name, "Q", 52)

const folded = (name: string, value: string): string => `${foldLines(`${name}: ${value}`, 76)}\r\n`

const addressFields = new Set(["to", "cc", "bcc", "reply-to", "from", "sender", "resent-to", "resent-cc"])
const parameterFields = new Set(["content-type", "content-disposition"])
/** Never encoded: an encoded word is no id. What is not ASCII in them is lost. */
const idFields = new Set(["message-id", "in-reply-to", "references", "content-id"])

const isStructured = (name: string): boolean =>
  addressFields.has(name) || parameterFields.has(name) || idFields.has(name)

const encoded = (name: string, value: string): string => {
  if (parameterFields.has(name)) return buildHeaderValue(parseHeaderValue(value))
  if (idFields.has(name)) return value.replace(/[^\x20-\x7e]/g, "")
  if (!addressFields.has(name)) return MimeNode.encodeHeaderValue(name, value)
  return MimeNode.encodeHeaderValue(
    "To",
    parseAddresses(value, { limits: defaultMimeLimits, defects: new Set() }).map((address) => ({
      ...address,
      group: undefined
    }))
  )
}

/** A field of somebody's message as it may travel: as it is where it can, else written anew. */
export const safeField = (raw: Uint8Array, field: RawField): Uint8Array => {
  const bytes = bufferOf(raw).subarray(field.nameStart, field.end)
  const lines = bytes.toString("latin1").split("\r\n")
  // The last one is empty: a field ends with its break.
  if (lines.at(-1) === "" && lines.every(isPlain)) return bytes
  const value = decodeUnlabelled(bufferOf(raw).subarray(field.start, field.end)).replace(/\r\n|\r|\n/g, "")
  const name = bytes.toString("latin1", 0, field.start - field.nameStart - 1).trim()
  return Buffer.from(fieldText(name, value), "latin1")
}

const isPlain = (line: string): boolean => line.length <= maxLineBytes && /^[\t\x20-\x7e]*$/.test(line)
