import { spawnSync } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { decode } from "../../../src/protocols/activesync/wbxml/decode.ts"
import type { AnyTag, Child, Element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { isOpaque, isTag } from "../../../src/protocols/activesync/wbxml/tokens.ts"
import { ran } from "../ran.ts"

/** What a test believes to be a document; throws where it is none. */
export const decoded = (bytes: Uint8Array): Element => Either.getOrThrowWith(decode(bytes), (error) => error)

/**
 * For assertions: a line an element, a namespace only where it is not the parent's, bytes in base64.
 * `<AirSync:Sync>\n  <Status>1</Status>\n</AirSync:Sync>`
 */
export const toXml = (of: Element): string => lines(of, "").join("\n")

const lines = ({ tag, children }: Element, parent: string): ReadonlyArray<string> => {
  const [namespace = "", local = ""] = tag.split(":")
  const name = namespace === parent ? local : tag
  if (children.length === 0) return [`<${name}/>`]
  const inner = children.flatMap((child) => childLines(child, namespace))
  return children.some((child) => typeof child === "object" && "tag" in child)
    ? [`<${name}>`, ...inner.map((line) => `  ${line}`), `</${name}>`]
    : [`<${name}>${inner.join("")}</${name}>`]
}

const childLines = (child: Child, namespace: string): ReadonlyArray<string> => {
  if (typeof child === "string") return [escaped(child)]
  return child instanceof Uint8Array ? [Buffer.from(child).toString("base64")] : lines(child, namespace)
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const unescaped = (text: string) =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll("&amp;", "&")

interface Open {
  readonly tag: AnyTag
  readonly children: Array<Child>
}

/**
 * The other way: also takes `xmlns="AirSync"` and `xmlns="AirSync:"` for the namespace of an element and what is in it,
 * and white space between elements. Throws where a tag does not exist. `named` gives the tag that is meant, where the
 * XML has names of its own.
 */
export const fromXml = (xml: string, named: (tag: string) => string = (tag) => tag): Element => {
  const top: Open = { tag: "AirSync:Sync", children: [] }
  const open = [{ ...top, namespace: "" }]
  for (const piece of xml.replace(/<\?.*?\?>|<!.*?>/gs, "").split(/(<[^>]+>)/)) {
    const parent = open.at(-1)
    if (parent === undefined) throw new Error(`an end too many before ${piece}`)
    if (!piece.startsWith("<")) addText(parent, piece)
    else if (piece.startsWith("</")) open.pop()
    else {
      const child = opened(piece, parent.namespace, named)
      parent.children.push({ tag: child.tag, children: child.children })
      if (!piece.endsWith("/>")) open.push(child)
    }
  }
  const [document] = top.children
  if (open.length !== 1 || typeof document !== "object" || !("tag" in document))
    throw new Error("not well-formed")
  return document
}

const opened = (
  piece: string,
  outer: string,
  named: (tag: string) => string
): Open & { readonly namespace: string } => {
  const [, prefix, name, attributes = ""] = /^<(?:(\w+):)?([\w-]+)(.*)>$/s.exec(piece) ?? []
  const namespace = prefix ?? /xmlns="(\w+):?"/.exec(attributes)?.[1] ?? outer
  const tag = named(`${namespace}:${name}`)
  if (!isTag(tag)) throw new Error(`no such tag: ${tag}`)
  return { tag, children: [], namespace }
}

const addText = ({ tag, children }: Open, piece: string) => {
  if (piece.trim() === "") return
  children.push(isOpaque(tag) ? new Uint8Array(Buffer.from(piece, "base64")) : unescaped(piece))
}

/** Whether there is what `lint` and libwbxml need; `.ci/run` installs it. */
export const hasLint =
  spawnSync("sh", [
    "-c",
    "command -v wbxml2xml && command -v xml2wbxml && command -v xmllint && command -v python3"
  ]).status === 0

const lintScript = fileURLToPath(new URL("./lint/eas-lint.py", import.meta.url))

/**
 * What is wrong with these responses, in words of libwbxml and of Microsoft's schemas; empty: nothing. One process for
 * all of them: 0.3 s, and 5 ms a document.
 */
export const lint = (documents: ReadonlyArray<Uint8Array>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.acquireUseRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "postroom-lint-"))),
    (folder) =>
      Effect.gen(function* () {
        const paths = yield* Effect.forEach(documents, (document, index) => written(folder, document, index))
        const { out, err } = yield* ran("python3", [lintScript, ...paths])
        const faults = `${out}${err}`.split("\n").filter((line) => line !== "")
        return faults.map((fault) => `${fault.slice(folder.length + 1)}${quoted(documents, fault)}`)
      }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  )

const written = (folder: string, document: Uint8Array, index: number): Effect.Effect<string> =>
  Effect.promise(async () => {
    const path = join(folder, `${index}.wbxml`)
    await writeFile(path, document)
    await Either.match(decode(document), {
      onLeft: () => Promise.resolve(),
      onRight: (read) => writeFile(join(folder, `${index}.xml`), toXml(read))
    })
    return path
  })

const quoted = (documents: ReadonlyArray<Uint8Array>, fault: string): string => {
  const document = documents[Number(/(\d+)\.wbxml: /.exec(fault)?.[1])]
  return document === undefined
    ? ""
    : `\n${Either.match(decode(document), { onLeft: String, onRight: toXml })}`
}

/** Stands last in a file of tests: the responses that they kept. */
export const itLints = (responses: ReadonlyArray<Uint8Array>): void => {
  it.effect.skipIf(!hasLint)(
    "every response passes eas-lint (needs libwbxml2-utils, libxml2-utils, python3)",
    () =>
      Effect.gen(function* () {
        assert.isNotEmpty(responses)
        assert.deepStrictEqual(yield* lint(responses), [])
      }),
    60_000
  )
}
