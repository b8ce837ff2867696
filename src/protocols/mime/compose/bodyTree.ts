import { Effect } from "effect"
import MimeNode from "nodemailer/lib/mime-node"
import { bufferOf } from "../decode.ts"
import { withoutFields } from "../rawHeader.ts"

/** What a message is to be made of. */
export interface BodyTree {
  readonly plain: string | null
  readonly html: string | null
  /** Entities that the HTML refers to by Content-ID. */
  readonly inline: ReadonlyArray<Uint8Array>
  readonly attached: ReadonlyArray<Uint8Array>
}

/**
 * The entity: its Content fields and MIME-Version, an empty line, the body. Entities inside stay as they are, in their
 * order, the inline ones first. `seed` makes the boundaries, and is found nowhere else.
 */
export const buildBody = (tree: BodyTree, seed: string): Effect.Effect<Uint8Array> =>
  Effect.map(
    Effect.promise(() => mixed(tree, { baseBoundary: seed, boundaryPrefix: "=_" }).build()),
    (bytes) => withoutFields(bytes, ofMessage)
  )

/** The library takes what it builds for a whole message. */
const ofMessage = new Set(["date", "message-id"])

interface Options {
  readonly baseBoundary: string
  readonly boundaryPrefix: string
}

const mixed = (tree: BodyTree, options: Options): MimeNode => {
  if (tree.attached.length === 0) return related(tree, options)
  const node = new MimeNode("multipart/mixed", options)
  if (tree.plain !== null || tree.html !== null) node.appendChild(related(tree, options))
  for (const entity of tree.attached) appendRaw(node, entity)
  return node
}

const related = (tree: BodyTree, options: Options): MimeNode => {
  const body = alternative(tree, options)
  if (tree.inline.length === 0) return body
  const type = tree.html === null || tree.plain !== null ? "multipart/alternative" : "text/html"
  const node = new MimeNode(`multipart/related; type="${type}"`, options)
  node.appendChild(body)
  for (const entity of tree.inline) appendRaw(node, entity)
  return node
}

const alternative = ({ plain, html }: BodyTree, options: Options): MimeNode => {
  if (html === null) return text("plain", plain ?? "", options)
  if (plain === null) return text("html", html, options)
  const node = new MimeNode("multipart/alternative", options)
  node.appendChild(text("plain", plain, options))
  node.appendChild(text("html", html, options))
  return node
}

const text = (kind: "plain" | "html", content: string, options: Options): MimeNode =>
  new MimeNode(`text/${kind}; charset=utf-8`, options).setContent(content.replace(/\r\n|\r|\n/g, "\r\n"))

const appendRaw = (node: MimeNode, entity: Uint8Array): void => {
  node.createChild().setRaw(bufferOf(entity))
}
