import { Duration } from "effect"
import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import { dateTimeOf, integerOf } from "../scalars.ts"
import { childOf, childrenOf, type Element, type Tag, textOf } from "../wbxml/element.ts"

/** Whom a device wants resolved, and what it wants to know of them. */
export interface ResolveRequest {
  readonly names: ReadonlyArray<string>
  /** Of somebody ambiguous; null = as many as the server likes. */
  readonly maxSuggestions: number | null
  readonly wantsCertificates: boolean
  readonly wantsAvailability: boolean
  readonly wantsPicture: boolean
}

/** MS-ASCMD_R5656. */
const maxNames = 100
/** MS-ASCMD_R4611. */
const maxNameLength = 256
const maxCount = 9999
/** MS-ASCMD_R3670 and the like: of a photo, octets. */
const maxPictureBytes = 102_400

/** Undefined where a parameter is not what it may be (MS-ASCMD_R4270). */
export const readResolve = (document: Element, version: ProtocolVersion): ResolveRequest | undefined => {
  const names = childrenOf(document, "ResolveRecipients:To").map(textOf)
  const options = childOf(document, "ResolveRecipients:Options")
  const availability = childOf(options, "ResolveRecipients:Availability")
  const picture = childOf(options, "ResolveRecipients:Picture")
  const retrieval = countIn(options, "ResolveRecipients:CertificateRetrieval", { least: 1, most: 3 })
  const maxSuggestions = countIn(options, "ResolveRecipients:MaxAmbiguousRecipients", counts)
  const limits = [
    retrieval,
    maxSuggestions,
    countIn(options, "ResolveRecipients:MaxCertificates", counts),
    countIn(picture, "ResolveRecipients:MaxSize", { least: 0, most: maxPictureBytes }),
    countIn(picture, "ResolveRecipients:MaxPictures", counts)
  ]
  const isRight =
    document.tag === "ResolveRecipients:ResolveRecipients" &&
    names.length > 0 &&
    names.length <= maxNames &&
    names.every((name) => name.length <= maxNameLength) &&
    limits.every((limit) => limit !== undefined) &&
    (availability === undefined || isSpan(availability))
  if (!isRight) return undefined
  return {
    names,
    maxSuggestions: maxSuggestions ?? null,
    wantsCertificates: retrieval === 2 || retrieval === 3,
    // MS-ASCMD_R6085: there was none before 14.0; photos came with 14.1.
    wantsAvailability: availability !== undefined && isAtLeast(version, "14.0"),
    wantsPicture: picture !== undefined && isAtLeast(version, "14.1")
  }
}

const counts = { least: 0, most: maxCount }

/** Null where it is not said; undefined where it is no such number. */
const countIn = (
  parent: Element | undefined,
  tag: Tag,
  { least, most }: { readonly least: number; readonly most: number }
): number | null | undefined => {
  const said = childOf(parent, tag)
  if (said === undefined) return null
  const count = integerOf(said)
  return count !== undefined && count >= least && count <= most ? count : undefined
}

const defaultSpan = Duration.toMillis("7 days")
const shortestSpan = Duration.toMillis("30 minutes")
/** MS-ASCMD_R5175. */
const longestSpan = Duration.toMillis("42 days")

const isSpan = (availability: Element): boolean => {
  const start = childOf(availability, "ResolveRecipients:StartTime")
  const end = childOf(availability, "ResolveRecipients:EndTime")
  const from = start === undefined ? undefined : dateTimeOf(start)
  if (from === undefined) return false
  const to = end === undefined ? from + defaultSpan : dateTimeOf(end)
  return to !== undefined && to - from >= shortestSpan && to - from <= longestSpan
}
