import type { codePages, legacyPages } from "./gen/codePages.ts"

type TagsOf<Pages extends Readonly<Record<string, { readonly tags: object }>>> = {
  [Namespace in keyof Pages & string]: `${Namespace}:${keyof Pages[Namespace]["tags"] & string}`
}[keyof Pages & string]

/** A tag with the namespace of its code page, e.g. `AirSync:Status`: the same name stands on several pages. */
export type Tag = TagsOf<typeof codePages>

/** What a device may send, tags from before 12.1 among them; those are never sent. */
export type AnyTag = Tag | TagsOf<typeof legacyPages>

/**
 * An element of an ActiveSync document. Text and bytes are children, too. The tag says which of them travels: bytes as
 * OPAQUE in tags of byte arrays, text in all others; a decoder gives them so, whatever the device chose.
 */
export interface Element {
  readonly tag: AnyTag
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
export const childOf = (parent: Element | undefined, tag: AnyTag): Element | undefined =>
  parent?.children.filter(isElement).find((child) => child.tag === tag)

export const childrenOf = (parent: Element | undefined, tag: AnyTag): ReadonlyArray<Element> =>
  parent?.children.filter(isElement).filter((child) => child.tag === tag) ?? []

/** Whether all children are of these tags and none comes twice. */
export const hasOnly = (parent: Element | undefined, tags: ReadonlyArray<AnyTag>): boolean => {
  const children = parent?.children.filter(isElement).map(({ tag }) => tag) ?? []
  return children.every((tag) => tags.includes(tag)) && new Set(children).size === children.length
}

/** The text inside; "" where it is empty. Bytes are read as UTF-8, since clients send OPAQUE where text belongs. */
export const textOf = (of: Element): string =>
  of.children.map((child) => (typeof child === "string" ? child : utf8(child))).join("")

const utf8 = (child: Element | Uint8Array): string =>
  child instanceof Uint8Array ? new TextDecoder().decode(child) : ""

/** The text of the first child of this tag; undefined where there is none. */
export const childText = (parent: Element | undefined, tag: AnyTag): string | undefined => {
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
