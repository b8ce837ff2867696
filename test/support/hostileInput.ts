import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Schema, type Scope } from "effect"
import type { CorpusMail } from "./corpusMail.ts"
import { asCrlf } from "./smtpDialogue.ts"

const corpus = fileURLToPath(new URL("../../../shared/corpus/", import.meta.url))
const generator = join(corpus, "generators", "hostile_open.mjs")

/** Whether the shared corpus lies beside the repository. */
export const hasHostileInput = existsSync(generator)

/** What the generator makes, in a folder that goes with the scope. Scale 1 is full size: 1 GiB of zeroes to be packed. */
export const generatedAt = (scale: number): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "postroom-hostile-"))
      execFileSync(process.execPath, [generator, folder, `${scale}`])
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

/** A JSON file of the generator's. */
export const readJson = <A, I>(path: string, schema: Schema.Schema<A, I>): A =>
  Schema.decodeSync(Schema.parseJson(schema))(readFileSync(path, "utf8"))

const header = (subject: string, type: string): string =>
  [
    "From: Someone <someone@elsewhere.test>",
    `Subject: ${subject}`,
    "Date: Mon, 23 Nov 2026 12:00:00 +0000",
    "MIME-Version: 1.0",
    `Content-Type: ${type}`
  ].join("\r\n")

const withAttachment = (name: string, bytes: Buffer): Buffer =>
  Buffer.from(
    `${header(name, "multipart/mixed; boundary=b")}\r\n\r\n--b\r\nContent-Type: application/octet-stream\r\n` +
      `Content-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
      `${bytes.toString("base64").replaceAll(/.{76}/g, "$&\r\n")}\r\n--b--\r\n`
  )

/** A message as it was made, and the bytes of the attachment in it. */
export interface HostileMail extends CorpusMail {
  readonly attachment: Buffer | null
}

const attached = (path: string): HostileMail => {
  const attachment = readFileSync(path)
  return { file: basename(path), bytes: withAttachment(basename(path), attachment), attachment }
}

/** The generator's messages as they are, and its bombs as attachments. */
export const generatedMail = (folder: string): ReadonlyArray<HostileMail> => [
  ...readdirSync(join(folder, "mime")).map((file) => ({
    file,
    bytes: readFileSync(join(folder, "mime", file)),
    attachment: null
  })),
  ...readdirSync(join(folder, "bomb")).map((file) => attached(join(folder, "bomb", file)))
]

const Payloads = Schema.Array(Schema.Struct({ payload: Schema.String }))

const pages = (): ReadonlyArray<HostileMail> =>
  readJson(join(corpus, "hostile", "xss-dompurify.json"), Payloads).map(({ payload }, n) => ({
    file: `xss-dompurify ${n}`,
    bytes: asCrlf(
      Buffer.from(`${header(`Page ${n}`, "text/html; charset=utf-8")}\r\n\r\n${payload.replaceAll("\r", "")}`)
    ),
    attachment: null
  }))

/** The lines of "naughty" strings, each `"\x75\x6e…"`, as octets. */
export const naughtyStrings = (): ReadonlyArray<Buffer> =>
  readFileSync(join(corpus, "hostile", "imap-dict", "blns.dict"), "latin1")
    .split("\n")
    .filter((line) => line.startsWith('"'))
    .map((line) => Buffer.from(line.replaceAll(/["\\x]/g, ""), "hex"))

/** Each as subject and text. A line end in one would only make a header line more. */
const naughty = (): ReadonlyArray<HostileMail> =>
  naughtyStrings().map((octets, n) => {
    const line = octets.toString("latin1").replaceAll(/[\r\n]/g, "")
    const head = header(line, "text/plain; charset=utf-8")
    return {
      file: `naughty string ${n}`,
      bytes: asCrlf(Buffer.from(`${head}\r\n\r\n${line}`, "latin1")),
      attachment: null
    }
  })

const fuzzed = (): ReadonlyArray<HostileMail> =>
  ["ics-fuzz", "wbxml-fuzz"].flatMap((kind) =>
    readdirSync(join(corpus, "hostile", kind)).map((file) => attached(join(corpus, "hostile", kind, file)))
  )

/** What of `hostile/` can be put into mail: pages with scripts, naughty strings, files that broke other programs. */
export const collectedMail = (): ReadonlyArray<HostileMail> => [...pages(), ...naughty(), ...fuzzed()]

/** Addresses, good and bad, of `hostile/addresses`: what can stand on a command line. */
export const collectedAddresses = (): ReadonlyArray<string> =>
  [
    ...readFileSync(join(corpus, "hostile", "addresses", "isemail-tests.xml"), "utf8").matchAll(
      /<address>([^<]*)<\/address>/g
    )
  ].map(([, text = ""]) =>
    text
      .replaceAll(/&#x(\w+);/g, (_, hex) => fromControlPicture(Number.parseInt(hex, 16)))
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&")
  )

/** The set writes the control character n as U+2400 + n. */
const fromControlPicture = (code: number): string =>
  String.fromCodePoint(code >= 0x2400 && code < 0x2420 ? code - 0x2400 : code)
