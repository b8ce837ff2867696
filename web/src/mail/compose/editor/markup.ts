import { DOMParser, DOMSerializer, type Node, type Slice } from "prosemirror-model"
import { cleanHtml } from "../../body/clean.ts"
import { textOf } from "../session/textOf.ts"
import type { Body } from "../session/Writing.ts"
import { schema } from "./schema.ts"

const parser = DOMParser.fromSchema(schema)
const serializer = DOMSerializer.fromSchema(schema)

/** Others' markup, cleaned; a break at the end of a block opens no line. */
const readable = (html: string, inside: Document): HTMLElement => {
  const { body } = cleanHtml(html, inside)
  for (const block of body.querySelectorAll("div, p, li"))
    if (block.lastChild?.nodeName === "BR") block.lastChild.remove()
  return body
}

export const documentOf = (html: string, inside: Document): Node => parser.parse(readable(html, inside))

export const pieceOf = (html: string, inside: Document): Slice => parser.parseSlice(readable(html, inside))

export const documentOfText = (text: string): Node =>
  schema.node(
    "doc",
    null,
    text.split("\n").map((line) => schema.node("paragraph", null, line === "" ? [] : [schema.text(line)]))
  )

/** In a document of its own, where pictures are not fetched. */
export const bodyOf = (doc: Node): Body => {
  const inert = document.implementation.createHTMLDocument("")
  const box = inert.createElement("div")
  box.append(serializer.serializeFragment(doc.content, { document: inert }))
  for (const block of box.querySelectorAll("div"))
    if (block.firstChild === null) block.append(inert.createElement("br"))
  return { _tag: "Html", html: box.innerHTML, text: textOf(box) }
}
