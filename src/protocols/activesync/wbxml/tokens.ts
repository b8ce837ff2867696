import type { AnyTag } from "./element.ts"
import { codePages, legacyPages } from "./gen/codePages.ts"

/** Global tokens (MS-ASWBXML 1.6): the first four are all that this algorithm uses, the others are refused. */
export const token = { SWITCH_PAGE: 0x00, END: 0x01, STR_I: 0x03, OPAQUE: 0xc3, content: 0x40 } as const

/** WBXML 1.3, public id 1 (unknown), UTF-8, no string table. Clients compare these four bytes with what they get. */
export const header = Uint8Array.of(0x03, 0x01, 0x6a, 0x00)

/** Tags of byte arrays, which travel as OPAQUE (MS-ASCMD, MS-ASCON, MS-ASAIRS); what is in any other tag is text. */
const opaqueTags: ReadonlySet<AnyTag> = new Set<AnyTag>([
  "ComposeMail:Mime",
  "Email2:ConversationId",
  "Email2:ConversationIndex",
  "ItemOperations:ConversationId",
  "Search:ConversationId",
  "AirSyncBase:Content",
  "Gal:Data",
  "ResolveRecipients:Data"
])

export const isOpaque = (tag: AnyTag): boolean => opaqueTags.has(tag)

type Pages = Readonly<
  Record<string, { readonly page: number; readonly tags: Readonly<Record<string, number>> }>
>

/** `[tag, page * 64 + token]` of every tag. */
const places = (pages: Pages): ReadonlyArray<readonly [string, number]> =>
  Object.entries(pages).flatMap(([namespace, { page, tags }]) =>
    Object.entries(tags).map(([name, code]) => [`${namespace}:${name}`, page * 64 + code] as const)
  )

const current: ReadonlyMap<string, number> = new Map(places(codePages))
const legacy: ReadonlyMap<string, number> = new Map(places(legacyPages))

export const isTag = (name: string): name is AnyTag => current.has(name) || legacy.has(name)

/** By `page * 64 + token`; the present meaning of a token hides an earlier one. */
const tags: ReadonlyArray<AnyTag | undefined> = (() => {
  const byPlace: Array<AnyTag | undefined> = Array.from({ length: 26 * 64 })
  for (const [name, place] of [...legacy, ...current]) if (isTag(name)) byPlace[place] = name
  return byPlace
})()

/** The tag of a token without its content flag; undefined where the page has none. */
export const tagAt = (page: number, code: number): AnyTag | undefined => tags[page * 64 + code]

/** `page * 64 + token`; undefined for tags from before 12.1, which no device of today is sent. */
export const placeOf = (tag: AnyTag): number | undefined => current.get(tag)
