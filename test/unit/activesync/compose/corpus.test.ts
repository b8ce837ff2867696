import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { simpleParser } from "mailparser"
import { merge, type Verb } from "../../../../src/protocols/activesync/compose/merge.ts"
import { buildBody } from "../../../../src/protocols/mime/compose/bodyTree.ts"
import { decodePart } from "../../../../src/protocols/mime/decode.ts"
import { readMessage } from "../../../../src/protocols/mime/readMessage.ts"
import { plainMail } from "../../../support/activesync/composing.ts"
import { summaryOf } from "../../../support/alice.ts"
import { type CorpusMail, corpusMail, hasCorpusMail } from "../../../support/corpusMail.ts"

const note = Buffer.from(plainMail())
const device = { raw: note, parts: readMessage(note).parts }

const merged = (raw: Buffer, verb: Verb) =>
  Effect.gen(function* () {
    const tree = merge(device, { raw, parts: readMessage(raw).parts, summary: summaryOf(raw) }, verb)
    if (typeof tree === "string") return assert.fail(tree)
    return Buffer.from(yield* buildBody(tree, "0123456789abcdef"))
  })

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 16)

/** Hashes of all leaves but those that are the body, decoded; of text and the like without line ends. */
const leaves = (raw: Buffer, isWanted: (index: number) => boolean = () => true): ReadonlyArray<string> =>
  readMessage(raw).parts.flatMap((part, index) => {
    if (!isWanted(index) || /^(multipart|message)\//.test(part.type)) return []
    const bytes = decodePart(raw.subarray(part.bodyStart, part.bodyEnd), part)
    const isBinary = part.encoding === "base64" && !part.type.startsWith("text/")
    return [hash(isBinary ? bytes : Buffer.from(bytes.toString("latin1").replace(/[\r\n\0]/g, ""), "latin1"))]
  })

const carried = (raw: Buffer): ReadonlyArray<string> => {
  const { htmlBody, textBody } = readMessage(raw)
  return leaves(raw, (index) => !textBody.includes(index) && !htmlBody.includes(index))
}

const isFit = (bytes: Buffer): boolean => !/[^\r]\n|\r(?!\n)|\0|[^\r\n]{999}/.test(bytes.toString("latin1"))

const isWhole = (raw: Buffer): boolean =>
  readMessage(raw).parts.some(({ type }) => /^multipart\/(signed|encrypted)|pkcs7-mime$/.test(type))

const check = ({ bytes, file }: CorpusMail) =>
  Effect.gen(function* () {
    const forwarded = yield* merged(bytes, "forward")
    const found = leaves(forwarded)
    const lost = isWhole(bytes) ? [] : carried(bytes).filter((one) => !found.includes(one))
    const replied = yield* merged(bytes, "reply")
    const { text = "" } = yield* Effect.promise(() => simpleParser(replied))
    const faults = [
      ...(lost.length === 0 ? [] : [`lost ${lost.length}`]),
      ...(isFit(forwarded) || isWhole(bytes) ? [] : ["forward is not fit"]),
      ...(isFit(replied) ? [] : ["reply is not fit"]),
      ...(text.includes("How are you?") && text.includes("Original Message") ? [] : ["reply has no quote"])
    ]
    return faults.map((fault) => `${file}: ${fault}`)
  })

describe.skipIf(!hasCorpusMail)("every real mail (shared corpus)", () => {
  it.effect(
    "can be answered and forwarded: all that it carries arrives, in lines that SMTP takes",
    () =>
      Effect.gen(function* () {
        const faults = yield* Effect.forEach(corpusMail(), check)
        assert.deepStrictEqual(faults.flat(), [])
      }),
    600_000
  )
})
