import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Schema } from "effect"
import { shownText } from "../../src/protocols/mime/flowed.ts"
import { readMessage } from "../../src/protocols/mime/readMessage.ts"
import { corpusMail } from "./corpusMail.ts"

const hostile = new URL("../../../shared/corpus/hostile/", import.meta.url)

/** Whether the shared corpus lies beside the repository. */
export const hasHostileHtml = existsSync(fileURLToPath(new URL("xss-dompurify.json", hostile)))

export interface NamedHtml {
  readonly name: string
  readonly html: string
}

const Purify = Schema.parseJson(Schema.Array(Schema.Struct({ payload: Schema.String })))
const Feeds = Schema.parseJson(Schema.Array(Schema.Struct({ name: Schema.String, input: Schema.String })))
const read = (name: string) => readFileSync(new URL(name, hostile), "utf8")

/** What sanitisers were tricked with. */
export const hostileFixtures = (): ReadonlyArray<NamedHtml> => [
  ...Schema.decodeUnknownSync(Purify)(read("xss-dompurify.json")).map(({ payload }, index) => ({
    name: `DOMPurify ${index}`,
    html: payload
  })),
  ...Schema.decodeUnknownSync(Feeds)(read("xss-feedparser-lxml.json")).map(({ name, input }) => ({
    name,
    html: input
  }))
]

/** The HTML of the corpus' mail: one of `every`. */
export const corpusHtml = (every = 1): ReadonlyArray<NamedHtml> =>
  corpusMail().flatMap(({ file, bytes }, index) => {
    if (index % every !== 0) return []
    const { parts, htmlBody } = readMessage(bytes)
    return htmlBody.flatMap((at) => {
      const part = parts[at]
      if (part?.type !== "text/html") return []
      return [{ name: file, html: shownText(bytes.subarray(part.bodyStart, part.bodyEnd), part) }]
    })
  })
