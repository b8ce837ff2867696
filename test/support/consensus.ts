import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import { Schema } from "effect"
import type { Address, MessageContent, Part } from "../../src/domain/Content.ts"

const corpus = new URL("../../../shared/corpus/", import.meta.url)
const consensusFile = new URL("expected/consensus.jsonl.gz", corpus)

/** Whether the shared corpus lies beside the repository. */
export const hasCorpus = existsSync(fileURLToPath(consensusFile))

const Mailboxes = Schema.Array(Schema.Tuple(Schema.String, Schema.String))

const Leaf = Schema.Struct({
  path: Schema.String,
  ct: Schema.String,
  sha: Schema.String,
  fn: Schema.optional(Schema.NullOr(Schema.String))
})

/** What the independent parsers agree on for one file. An absent field has no oracle. */
const Expected = Schema.Struct({
  file: Schema.String,
  tree: Schema.optional(Schema.Array(Schema.Tuple(Schema.String, Schema.String))),
  leaves: Schema.optional(Schema.Array(Leaf)),
  subject: Schema.optional(Schema.NullOr(Schema.String)),
  message_id: Schema.optional(Schema.NullOr(Schema.String)),
  epoch: Schema.optional(Schema.NullOr(Schema.Number)),
  from: Schema.optional(Mailboxes),
  from_addr: Schema.optional(Schema.Array(Schema.String)),
  to: Schema.optional(Mailboxes),
  to_addr: Schema.optional(Schema.Array(Schema.String)),
  cc: Schema.optional(Mailboxes),
  cc_addr: Schema.optional(Schema.Array(Schema.String))
})

export type Expected = typeof Expected.Type

/** A field in which a reading differs from the oracle, both sides as short text. */
export interface Disagreement {
  readonly file: string
  readonly field: string
  readonly expected: string
  readonly actual: string
}

/** What was read: the content, and a way to get the decoded octets of one of its parts. */
export interface Reading {
  readonly content: Pick<MessageContent, "envelope" | "parts">
  readonly decoded: (part: Part) => Uint8Array
}

const lines = (bytes: Uint8Array): ReadonlyArray<string> =>
  new TextDecoder()
    .decode(bytes)
    .split("\n")
    .filter((line) => line !== "")

export const readConsensus = (): ReadonlyArray<Expected> =>
  lines(gunzipSync(readFileSync(consensusFile))).map((line) =>
    Schema.decodeUnknownSync(Schema.parseJson(Expected))(line)
  )

/** Files of the corpus whose first line is an mbox "From " line, by the manifest. */
const mboxFiles = (): ReadonlySet<string> =>
  new Set(
    lines(readFileSync(new URL("MANIFEST.tsv", corpus)))
      .map((line) => line.split("\t"))
      .filter((columns) => columns[6]?.includes("mbox-from-line") === true)
      .map((columns) => columns[0] ?? "")
  )

/** Reads a corpus file as one message, without its mbox line. */
export const corpusReader = (): ((file: string) => Buffer) => {
  const mbox = mboxFiles()
  return (file) => {
    const bytes = readFileSync(new URL(file, corpus))
    const hasMboxLine = mbox.has(file) && bytes.toString("latin1", 0, 5) === "From "
    return hasMboxLine ? bytes.subarray(bytes.indexOf(10) + 1) : bytes
  }
}

/** The same message with every line end as CRLF, as it would arrive over SMTP. */
export const withCrlf = (raw: Uint8Array): Buffer =>
  Buffer.from(Buffer.from(raw).toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1")

export const withLf = (raw: Uint8Array): Buffer =>
  Buffer.from(Buffer.from(raw).toString("latin1").replaceAll("\r\n", "\n"), "latin1")

/** Positions in the tree as the oracle writes them: the root is "", a message's only child is 1. */
const treePaths = (parts: ReadonlyArray<Part>): ReadonlyArray<string> => {
  const paths: Array<string> = []
  const children: Array<number> = []
  for (const part of parts) {
    const parent = paths[part.parent]
    children.push(0)
    if (parent === undefined) paths.push("")
    else {
      const position = (children[part.parent] ?? 0) + 1
      children[part.parent] = position
      paths.push(parent === "" ? `${position}` : `${parent}.${position}`)
    }
  }
  return paths
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 16)

const trimmed = (text: string, lineEnd: RegExp): Buffer =>
  Buffer.from(text.replace(lineEnd, "\n").replace(/^[\t-\r ]+|[\t-\r ]+$/g, ""), "latin1")

/**
 * The oracle hashed after transfer decoding: text with LF and ASCII white space trimmed, other leaves as they are.
 * SMTP turns every line end into CRLF, so an unencoded binary leaf, and an encoded CR before a line end, may differ
 * by CRs only: those forms count as the same.
 */
const leafDigests = (bytes: Uint8Array, type: string): ReadonlyArray<string> => {
  const text = Buffer.from(bytes).toString("latin1")
  return type.startsWith("text/")
    ? [digest(trimmed(text, /\r\n?/g)), digest(trimmed(text, /\r*\n/g)), digest(trimmed(text, /\r+\n|\r/g))]
    : [digest(bytes), digest(withLf(bytes)), digest(withCrlf(bytes))]
}

const folded = (text: string | null | undefined): string =>
  (text ?? "").normalize("NFC").replace(/\s+/g, " ").trim()

/** The oracle has addresses in lower case and no entry without one. */
const mailboxes = (list: ReadonlyArray<Address>): ReadonlyArray<readonly [string, string]> =>
  list
    .filter(({ address }) => address !== "")
    .map(({ name, address }) => [folded(name), address.toLowerCase()])

const show = (value: unknown): string => JSON.stringify(value)

/** Every field of the oracle in which the reading differs. */
export const compareWithConsensus = (expected: Expected, reading: Reading): ReadonlyArray<Disagreement> => {
  const { envelope, parts } = reading.content
  const found: Array<Disagreement> = []
  const check = (field: string, wanted: unknown, actual: unknown) => {
    if (wanted === undefined || show(wanted) === show(actual)) return
    found.push({ file: expected.file, field, expected: show(wanted), actual: show(actual) })
  }
  const paths = treePaths(parts)
  check(
    "tree",
    expected.tree,
    parts.map((part, index) => [paths[index], part.type])
  )
  if (expected.subject !== undefined) check("subject", folded(expected.subject), folded(envelope.subject))
  const messageId = envelope.internetMessageId
  check("message_id", expected.message_id, messageId === null ? null : folded(messageId))
  const seconds = envelope.sentAt === null ? null : envelope.sentAt / 1000
  check("epoch", expected.epoch, seconds)
  for (const field of ["from", "to", "cc"] as const) {
    const actual = mailboxes(envelope[field])
    check(
      field,
      expected[field]?.map(([name, address]) => [folded(name), address]),
      actual
    )
    check(
      `${field}_addr`,
      expected[`${field}_addr`],
      actual.map(([, address]) => address)
    )
  }
  for (const leaf of expected.leaves ?? []) {
    const part = parts[paths.indexOf(leaf.path)]
    check(`leaf ${leaf.path} type`, leaf.ct, part?.type)
    if (part === undefined) continue
    const digests = leafDigests(reading.decoded(part), leaf.ct)
    if (!digests.includes(leaf.sha)) check(`leaf ${leaf.path} content`, leaf.sha, digests[0])
    if (leaf.fn !== undefined) check(`leaf ${leaf.path} name`, leaf.fn, part.fileName)
  }
  return found
}
