import { Either } from "effect"
import { isAtLeast, type ProtocolVersion } from "../../Command.ts"
import { dateTimeOf } from "../../scalars.ts"
import { isItemClass } from "../../sync/itemClasses.ts"
import { type AnyTag, bytesOf, childElements, childrenOf, type Element, textOf } from "../../wbxml/element.ts"
import { malformed, type SearchFault, tooComplex } from "./fault.ts"
import type { MailQuery } from "./findMail.ts"
import { quotedWords } from "./words.ts"

/** What a query is made of. */
const parts: ReadonlySet<AnyTag> = new Set<AnyTag>([
  "Search:And",
  "Search:Or",
  "Search:FreeText",
  "Search:ConversationId",
  "Search:EqualTo",
  "Search:GreaterThan",
  "Search:LessThan",
  "AirSync:Class",
  "AirSync:CollectionId"
])

/** Of these there is one in an And, at most; conditions, classes and folders may be several (MS-ASCMD_R921, R2030). */
const single: ReadonlyArray<AnyTag> = ["Search:FreeText", "Search:ConversationId"]

/** No operator within an And, and no property of documents. */
const beyondMail: ReadonlySet<AnyTag> = new Set<AnyTag>(["Search:And", "Search:Or", "Search:EqualTo"])

type Read<A> = Either.Either<A, SearchFault>

/**
 * The query of a mailbox search (MS-ASCMD 2.2.3.142.2): one And, and everything else in it. What is known but stands elsewhere is
 * too complex (MS-ASCMD_R772, R923, R2032, R2086, R3105, R3143, R3220); what is not known is malformed.
 */
export const readMailQuery = (
  query: Element,
  { version, isDeep }: { readonly version: ProtocolVersion; readonly isDeep: boolean }
): Read<MailQuery> => {
  const children = childElements(query)
  const ands = childrenOf(query, "Search:And")
  const conditions = ands.flatMap(childElements)
  const isKnown = [...children, ...conditions].every(({ tag }) => parts.has(tag))
  if (children.length === 0 || !isKnown) return Either.left(malformed)
  if (ands.length !== 1 || children.length > 1 || isTooComplex(conditions)) return Either.left(tooComplex)
  return readConditions(conditions, { version, isDeep })
}

const isTooComplex = (conditions: ReadonlyArray<Element>): boolean =>
  conditions.some(({ tag }) => beyondMail.has(tag)) ||
  single.some((tag) => conditions.filter((condition) => condition.tag === tag).length > 1)

const readConditions = (
  conditions: ReadonlyArray<Element>,
  { version, isDeep }: { readonly version: ProtocolVersion; readonly isDeep: boolean }
): Read<MailQuery> => {
  const of = (tag: AnyTag) => conditions.filter((condition) => condition.tag === tag)
  const classes = of("AirSync:Class").map(textOf)
  const [conversation] = of("Search:ConversationId")
  const [freeText] = of("Search:FreeText")
  const after = of("Search:GreaterThan").map(momentOf)
  const before = of("Search:LessThan").map(momentOf)
  const moments = [...after, ...before].filter((moment) => moment !== undefined)
  const isWellFormed =
    classes.every((name) => isClassOf(name, version)) &&
    moments.length === after.length + before.length &&
    (conversation === undefined || isAtLeast(version, "14.0"))
  if (!isWellFormed || (freeText === undefined && conversation === undefined && moments.length === 0))
    return Either.left(malformed)
  return Either.right({
    wantsMail: classes.length === 0 || classes.includes("Email"),
    words: freeText === undefined ? null : quotedWords(textOf(freeText)),
    collectionIds: of("AirSync:CollectionId").map(textOf),
    isDeep,
    conversationId: conversation === undefined ? null : bytesOf(conversation),
    after: after.reduce<number | null>((least, at) => Math.max(least ?? 0, at ?? 0), null),
    before: before.reduce<number | null>(
      (most, at) => Math.min(most ?? Number.MAX_SAFE_INTEGER, at ?? 0),
      null
    )
  })
}

/** MS-ASCMD_R6288, R6289. */
const isClassOf = (name: string, version: ProtocolVersion): boolean =>
  isItemClass(name) && (isAtLeast(version, "14.0") || (name !== "SMS" && name !== "Notes"))

/** Epoch milliseconds of a condition on DateReceived, which stands before its value (MS-ASCMD_R3141, R3218). */
const momentOf = (condition: Element): number | undefined => {
  const [property, value, ...others] = childElements(condition)
  return property?.tag === "Email:DateReceived" && value?.tag === "Search:Value" && others.length === 0
    ? dateTimeOf(value)
    : undefined
}
