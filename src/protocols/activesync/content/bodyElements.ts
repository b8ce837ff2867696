import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import { legalText } from "../wbxml/characters.ts"
import { type Element, element } from "../wbxml/element.ts"
import type { BodyFacts } from "./bodyChoice.ts"
import { bodyCandidates } from "./bodyChoice.ts"
import type { BodyOptions, BodyPreference } from "./bodyOptions.ts"
import { cutToLength } from "./cutText.ts"
import { type BodySource, type BodyText, readBody } from "./readBody.ts"

/** `Body` in the first form that suits the device (MS-ASAIRS 2.2.2.9). */
export const bodyElement = Effect.fnUntraced(function* (
  source: BodySource,
  { options, facts, version }: BodyWish
) {
  const candidates = bodyCandidates(options, facts)
  let unsuited: Element | undefined
  for (const preference of candidates) {
    const body = yield* readPreferred(source, preference)
    const given = element(
      "AirSyncBase:Body",
      element("AirSyncBase:Type", preference.type),
      sizeAndData(body, preference),
      previewElement(source, { preference, body, isKnown: isAtLeast(version, "14.0") })
    )
    if (!(preference.allOrNone && body.isTruncated)) return given
    unsuited ??= given
  }
  return unsuited ?? element("AirSyncBase:Body", element("AirSyncBase:Type", 1))
})

export interface BodyWish {
  readonly options: BodyOptions
  readonly facts: BodyFacts
  readonly version: ProtocolVersion
}

/**
 * `BodyPart`: the message part as HTML (MS-ASAIRS 2.2.2.10). Where an answer quotes the message before it, the quotation
 * is part of it here: to cut it away by guessing would lose what people wrote.
 */
export const bodyPartElement = (
  source: BodySource,
  preference: BodyPreference
): Effect.Effect<Element, CoreError> =>
  Effect.map(readPreferred(source, preference), (body) =>
    element(
      "AirSyncBase:BodyPart",
      element("AirSyncBase:Status", 1),
      element("AirSyncBase:Type", preference.type),
      sizeAndData(body, preference),
      previewElement(source, { preference, body, isKnown: true })
    )
  )

const readPreferred = (source: BodySource, { type, truncationSize }: BodyPreference) =>
  readBody(source, type === 3 ? 1 : type, truncationSize)

/** With AllOrNone a part of the body is no body (MS-ASAIRS_R375); of an empty one there is no Data, either. */
const sizeAndData = ({ text, sizeBytes, isTruncated }: BodyText, { allOrNone }: BodyPreference) => [
  element("AirSyncBase:EstimatedDataSize", sizeBytes),
  isTruncated ? element("AirSyncBase:Truncated", 1) : null,
  text === "" || (allOrNone && isTruncated) ? null : element("AirSyncBase:Data", text)
]

interface PreviewWish {
  readonly preference: BodyPreference
  readonly body: BodyText
  readonly isKnown: boolean
}

/** Not beside plain text, which begins with it (MS-ASAIRS_R1001036). */
const previewElement = (
  { message }: BodySource,
  { preference, body, isKnown }: PreviewWish
): Element | undefined => {
  const { type, preview, allOrNone } = preference
  const hasData = body.text !== "" && !(allOrNone && body.isTruncated)
  if (!isKnown || preview === null || (type === 1 && hasData)) return undefined
  const text = cutToLength(legalText(message.preview), preview)
  return text === "" ? undefined : element("AirSyncBase:Preview", text)
}
