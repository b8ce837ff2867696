import type { CommandName } from "./Command.ts"
import { commandOfCode, commandOfName } from "./commandNames.ts"
import { languageOf } from "./language.ts"

/** What the query of a POST says (MS-ASHTTP 2.2.1.1.1). Texts are as the client wrote them; null where it wrote none. */
export interface Query {
  /** Null where there is no such command. */
  readonly command: CommandName | null
  /** `14.1`; null in plain queries, which leave it to a header. */
  readonly version: string | null
  /** Of a base64 query, from its locale; null where that is none that we know. */
  readonly language: string | null
  readonly deviceId: string
  readonly deviceType: string
  readonly policyKey: string | null
  readonly attachmentName: string | null
  readonly collectionId: string | null
  readonly itemId: string | null
  readonly longId: string | null
  readonly occurrence: string | null
  readonly saveInSent: boolean
  readonly acceptsMultipart: boolean
}

/** Reads what stands behind the `?`; null where it is malformed. */
export const readQuery = (text: string): Query | null => {
  const plain = base64Shape.test(text) ? text : unquoted(text)
  return base64Shape.test(plain) ? readBase64(Buffer.from(plain, "base64")) : readPlain(text)
}

/** Clients also send it without padding, in the URL-safe alphabet, or percent-encoded. */
const base64Shape = /^[A-Za-z0-9+/_-]+={0,2}$/

const unquoted = (text: string): string =>
  text.replace(/%2b/gi, "+").replace(/%2f/gi, "/").replace(/%3d/gi, "=")

/** MS-ASHTTP 2.2.1.1.1.2. `User` is not looked at: who it is is known from the Authorization header alone. */
const readPlain = (text: string): Query | null => {
  const found = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    // Of a repeated parameter the first counts.
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, value)
  }
  const parameter = (name: string) => found.get(name) ?? null
  const command = parameter("cmd")
  if (command === null) return null
  return {
    command: commandOfName(command),
    version: null,
    language: null,
    deviceId: parameter("deviceid") ?? "",
    deviceType: parameter("devicetype") ?? "",
    policyKey: parameter("policykey"),
    attachmentName: parameter("attachmentname"),
    collectionId: parameter("collectionid"),
    itemId: parameter("itemid"),
    longId: parameter("longid"),
    occurrence: parameter("occurrence"),
    saveInSent: parameter("saveinsent")?.toUpperCase() === "T",
    acceptsMultipart: false
  }
}

/** Tags of parameters (MS-ASHTTP 2.2.1.1.1.1.3). 8 is `User`. */
const tags = { attachmentName: 0, collectionId: 1, itemId: 3, longId: 4, occurrence: 6, options: 7 }
const options = { saveInSent: 1, acceptMultipart: 2 }

/** MS-ASHTTP 2.2.1.1.1.1. */
const readBase64 = (bytes: Buffer): Query | null => {
  const cursor = new Cursor(bytes)
  const version = cursor.byte()
  const command = cursor.byte()
  const locale = cursor.byte() + 256 * cursor.byte()
  const deviceId = cursor.field()
  const policyKey = cursor.field()
  const deviceType = cursor.field()
  const parameters = new Map<number, Buffer>()
  while (cursor.hasMore) parameters.set(cursor.byte(), cursor.field())
  if (cursor.isTruncated || (policyKey.length !== 0 && policyKey.length !== 4)) return null
  const text = (tag: number) => parameters.get(tag)?.toString("utf8") ?? null
  const flags = parameters.get(tags.options)?.[0] ?? 0
  return {
    command: commandOfCode(command),
    version: (version / 10).toFixed(1),
    language: languageOf(locale),
    deviceId: deviceIdOf(deviceId),
    deviceType: deviceType.toString("utf8"),
    policyKey: policyKey.length === 4 ? String(policyKey.readUInt32LE()) : null,
    attachmentName: text(tags.attachmentName),
    collectionId: text(tags.collectionId),
    itemId: text(tags.itemId),
    longId: text(tags.longId),
    occurrence: text(tags.occurrence),
    saveInSent: (flags & options.saveInSent) !== 0,
    acceptsMultipart: (flags & options.acceptMultipart) !== 0
  }
}

/** A text, or a GUID in 16 bytes (MS-ASHTTP 2.2.1.1.1.1), which is told in hexadecimal. */
const deviceIdOf = (bytes: Buffer): string =>
  bytes.every((byte) => byte > 0x20 && byte < 0x7f) ? bytes.toString("latin1") : bytes.toString("hex")

/** Reads on past the end, so that the end is asked for once. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length
  }

  get isTruncated(): boolean {
    return this.#at > this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  /** A length in one byte, and so many bytes. */
  field(): Buffer {
    const length = this.byte()
    const from = this.#at
    this.#at += length
    return this.#bytes.subarray(from, this.#at)
  }
}
