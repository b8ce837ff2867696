import { readFileSync } from "node:fs"
import { Effect, Schema } from "effect"
import type { AnyTag, Child, Element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { ran } from "../ran.ts"
import { fromXml } from "./wbxml.ts"

const Pages = Schema.parseJson(
  Schema.Struct({
    pages: Schema.Array(
      Schema.Struct({
        namespace: Schema.String,
        tags: Schema.Array(
          Schema.Struct({
            name: Schema.String,
            /** Absent: the same name; null: unknown to libwbxml 0.11.8. */
            libwbxml: Schema.optional(Schema.NullOr(Schema.String))
          })
        )
      })
    )
  })
)

const { pages } = Schema.decodeSync(Pages)(
  readFileSync(new URL("./lint/codepages.json", import.meta.url), "utf8")
)
const rows = pages.flatMap(({ namespace, tags }) =>
  tags.map(({ name, libwbxml }) => ({
    tag: `${namespace}:${name}`,
    name: libwbxml === undefined ? name : libwbxml,
    namespace
  }))
)
const nameOf = new Map(rows.map(({ tag, name }) => [tag, name]))
const tagOf = new Map(rows.map(({ tag, namespace, name }) => [`${namespace}:${name}`, tag]))

/** Tags that libwbxml knows under some name. */
export const isKnownToLibwbxml = (tag: AnyTag): boolean => typeof nameOf.get(tag) === "string"

const doctype =
  '<?xml version="1.0"?><!DOCTYPE ActiveSync PUBLIC "-//MICROSOFT//DTD ActiveSync//EN" "http://www.microsoft.com/">'

/** What libwbxml makes of bytes, as XML with its own names. */
export const xmlByLibwbxml = (bytes: Uint8Array): Effect.Effect<string> =>
  Effect.flatMap(
    ran("wbxml2xml", ["-l", "ACTIVESYNC", "-m", "0", "-o", "-", "-"], bytes),
    ({ code, out, err }) =>
      code === 0 && out.length > 0
        ? Effect.succeed(out.toString().replace(doctype, ""))
        : Effect.dieMessage(err)
  )

export const decodedByLibwbxml = (bytes: Uint8Array): Effect.Effect<Element> =>
  Effect.map(xmlByLibwbxml(bytes), (xml) => fromXml(xml, (tag) => tagOf.get(tag) ?? tag))

/** The bytes that libwbxml makes of a document; as `cdata` its texts are OPAQUE. */
export const encodedByLibwbxml = (
  document: Element,
  texts: "inline" | "cdata" = "inline"
): Effect.Effect<Buffer> =>
  Effect.flatMap(
    ran("xml2wbxml", ["-n", "-v", "1.3", "-a", "-o", "-", "-"], `${doctype}${xmlFor(document, texts)}`),
    ({ code, out, err }) => (code === 0 && out.length > 0 ? Effect.succeed(out) : Effect.dieMessage(err))
  )

/** With namespaces that end in a colon: without, its tags land on the wrong page, silently. */
const xmlFor = ({ tag, children }: Element, texts: "inline" | "cdata"): string => {
  const name = nameOf.get(tag) ?? tag
  const inner = children.map((child) => contentFor(child, texts)).join("")
  return `<${name} xmlns="${tag.split(":")[0]}:">${inner}</${name}>`
}

const contentFor = (child: Child, texts: "inline" | "cdata"): string => {
  if (child instanceof Uint8Array) return Buffer.from(child).toString("base64")
  if (typeof child !== "string") return xmlFor(child, texts)
  if (texts === "cdata") return `<![CDATA[${child}]]>`
  return child.replace(/[<&>\r]/g, (character) => `&#${character.codePointAt(0)};`)
}
