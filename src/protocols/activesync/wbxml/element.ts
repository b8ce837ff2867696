import type { codePages } from "./gen/codePages.ts"

/** A tag with the namespace of its code page, e.g. `AirSync:Status`: the same name stands on several pages. */
export type Tag = {
  [Namespace in keyof typeof codePages]: `${Namespace}:${keyof (typeof codePages)[Namespace]["tags"] & string}`
}[keyof typeof codePages]

/** An element of an ActiveSync document. Text and bytes are children, too; bytes go as OPAQUE. */
export interface Element {
  readonly tag: Tag
  readonly children: ReadonlyArray<Child>
}

export type Child = Element | string | Uint8Array

/** What a builder may be given: `null` and `undefined` are left out, numbers are written in decimal. */
export type Content = Child | number | null | undefined | ReadonlyArray<Content>

/** `element("AirSync:Status", 1)`; without content an empty element. */
export const element = (tag: Tag, ...content: ReadonlyArray<Content>): Element => ({
  tag,
  children: content.flatMap(flat)
})

const flat = (content: Content): ReadonlyArray<Child> => {
  if (content === null || content === undefined) return []
  if (typeof content === "number") return [String(content)]
  if (typeof content === "string" || content instanceof Uint8Array) return [content]
  return "tag" in content ? [content] : content.flatMap(flat)
}

const isElement = (child: Child): child is Element => typeof child === "object" && "tag" in child

export const childElements = (parent: Element): ReadonlyArray<Element> => parent.children.filter(isElement)

/** The first child element of this tag. */
export const childOf = (parent: Element | undefined, tag: Tag): Element | undefined =>
  parent?.children.filter(isElement).find((child) => child.tag === tag)

export const childrenOf = (parent: Element | undefined, tag: Tag): ReadonlyArray<Element> =>
  parent?.children.filter(isElement).filter((child) => child.tag === tag) ?? []

/** The text inside; "" where it is empty. Bytes are read as UTF-8, since clients send OPAQUE where text belongs. */
export const textOf = (of: Element): string =>
  of.children.map((child) => (typeof child === "string" ? child : utf8(child))).join("")

const utf8 = (child: Element | Uint8Array): string =>
  child instanceof Uint8Array ? new TextDecoder().decode(child) : ""

/** The text of the first child of this tag; undefined where there is none. */
export const childText = (parent: Element | undefined, tag: Tag): string | undefined => {
  const child = childOf(parent, tag)
  return child === undefined ? undefined : textOf(child)
}

/** The bytes inside; text is taken as UTF-8, since clients send STR_I where OPAQUE belongs. */
export const bytesOf = (of: Element): Uint8Array =>
  Buffer.concat(
    of.children.flatMap((child) => {
      if (typeof child === "string") return [Buffer.from(child)]
      return child instanceof Uint8Array ? [child] : []
    })
  )
