import { Either } from "effect"
import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import {
  type AnyTag,
  childElements,
  childrenOf,
  childText,
  type Element,
  type Tag,
  textOf
} from "../wbxml/element.ts"

/** MS-ASAIRS 2.2.2.41: 1 plain text, 2 HTML, 3 RTF, 4 MIME. */
export type BodyType = 1 | 2 | 3 | 4

/** One form of the body that a device would take, and how much of it. */
export interface BodyPreference {
  readonly type: BodyType
  /** UTF-8 octets of the text as it is sent; null = all of it. */
  readonly truncationSize: number | null
  /** Rather not this form than a part of it; false where there is no size to keep to (MS-ASAIRS_R75). */
  readonly allOrNone: boolean
  /** Characters of a plain-text preview, 0–255; null = none is wanted. */
  readonly preview: number | null
}

/** What a device said in `Options` about the content of items. JSON-safe: Sync keeps it until the next block. */
export interface BodyOptions {
  /** In the device's order, one per type. */
  readonly bodyPreferences: ReadonlyArray<BodyPreference>
  /** Of the message part without the quoted rest (MS-ASCON 2.2.2.1), always HTML; null = not wanted. */
  readonly bodyPartPreference: BodyPreference | null
  /** MIME instead of the body: 0 never, 1 of S/MIME messages, 2 of every message (MS-ASCMD 2.2.3.110). */
  readonly mimeSupport: 0 | 1 | 2
  /** Octets of MIME; null = all (MS-ASCMD 2.2.3.111). */
  readonly mimeTruncation: number | null
  /** The device can show rights-managed mail (MS-ASRM 2.2.2.17). */
  readonly rightsManagement: boolean
}

export const defaultBodyOptions: BodyOptions = {
  bodyPreferences: [],
  bodyPartPreference: null,
  mimeSupport: 0,
  mimeTruncation: null,
  rightsManagement: false
}

/**
 * Why options cannot be used. `Malformed` is status 4 of a whole Sync, 2 of ItemOperations and of a Search store
 * (MS-ASAIRS 3.2.5.1); `BodyPartType` is status 164 everywhere (MS-ASCON 3.2.5.4).
 */
export type OptionsFault = "Malformed" | "BodyPartType"

/** Octets for each value of MIMETruncation (MS-ASCMD_R3418 ff.); 8 is all. */
const mimeTruncations = [0, 4096, 5120, 7168, 10_240, 20_480, 51_200, 102_400, null]

/** Reads what `Options` says about content; the filters and limits beside it are other readers' business. */
export const readBodyOptions = (
  options: Element | undefined,
  version: ProtocolVersion
): Either.Either<BodyOptions, OptionsFault> =>
  Either.gen(function* () {
    const hasParts = isAtLeast(version, "14.1")
    const bodyPreferences = yield* Either.all(
      childrenOf(options, "AirSyncBase:BodyPreference").map(readPreference)
    )
    const parts = hasParts
      ? yield* Either.all(childrenOf(options, "AirSyncBase:BodyPartPreference").map(readPreference))
      : []
    const isRepeated = new Set(bodyPreferences.map(({ type }) => type)).size < bodyPreferences.length
    if (isRepeated || parts.length > 1) return yield* Either.left("Malformed" as const)
    const [bodyPartPreference] = parts
    if (bodyPartPreference !== undefined && bodyPartPreference.type !== 2)
      return yield* Either.left("BodyPartType" as const)
    return {
      bodyPreferences,
      bodyPartPreference: bodyPartPreference ?? null,
      mimeSupport: yield* readMimeSupport(options),
      mimeTruncation: yield* readMimeTruncation(options),
      rightsManagement:
        hasParts && isTrue(childText(options, "RightsManagement:RightsManagementSupport") ?? "0")
    }
  })

/** MS-ASAIRS_R150: at most one of each, in this order. */
const preferenceOrder: ReadonlyArray<AnyTag> = [
  "AirSyncBase:Type",
  "AirSyncBase:TruncationSize",
  "AirSyncBase:AllOrNone",
  "AirSyncBase:Preview"
]

const readPreference = (preference: Element): Either.Either<BodyPreference, OptionsFault> => {
  const places = childElements(preference).map(({ tag }) => preferenceOrder.indexOf(tag))
  const isInOrder = places.every((place, index) => place > (places[index - 1] ?? -1))
  const type = bodyTypeOf(childText(preference, "AirSyncBase:Type"))
  const truncationSize = numberOf(childText(preference, "AirSyncBase:TruncationSize"), 0xffff_ffff)
  const preview = numberOf(childText(preference, "AirSyncBase:Preview"), 255)
  const allOrNone = childText(preference, "AirSyncBase:AllOrNone") ?? "0"
  if (!isInOrder || type === undefined || truncationSize === undefined || preview === undefined)
    return Either.left("Malformed")
  if (!isBoolean(allOrNone)) return Either.left("Malformed")
  return Either.right({
    type,
    truncationSize,
    allOrNone: truncationSize !== null && isTrue(allOrNone),
    preview
  })
}

const bodyTypeOf = (text: string | undefined): BodyType | undefined => {
  const types: ReadonlyArray<BodyType> = [1, 2, 3, 4]
  return types.find((type) => String(type) === text?.trim())
}

/** Null where the element is absent, undefined where it holds no number from 0 to `max`. */
const numberOf = (text: string | undefined, max: number): number | null | undefined => {
  if (text === undefined) return null
  const digits = /^\s*(\d{1,10})\s*$/.exec(text)?.[1]
  return digits === undefined || Number(digits) > max ? undefined : Number(digits)
}

/** MS-ASDTYPE 2.1; an empty element counts as true, as elsewhere in the protocol. */
const isTrue = (text: string): boolean => text === "" || text === "1" || text.toLowerCase() === "true"

const isBoolean = (text: string): boolean => isTrue(text) || text === "0" || text.toLowerCase() === "false"

/** The last one counts: several are no error for Exchange, either (MS-ASCMD_R3404, R3432). */
const lastText = (options: Element | undefined, tag: Tag): string | undefined => {
  const last = childrenOf(options, tag).at(-1)
  return last === undefined ? undefined : textOf(last)
}

const readMimeSupport = (options: Element | undefined): Either.Either<0 | 1 | 2, OptionsFault> => {
  const supports: ReadonlyArray<0 | 1 | 2> = [0, 1, 2]
  const value = numberOf(lastText(options, "AirSync:MIMESupport") ?? "0", 2)
  const support = supports.find((candidate) => candidate === value)
  return support === undefined ? Either.left("Malformed") : Either.right(support)
}

const readMimeTruncation = (options: Element | undefined): Either.Either<number | null, OptionsFault> => {
  const value = numberOf(lastText(options, "AirSync:MIMETruncation"), 8)
  if (value === undefined) return Either.left("Malformed")
  return Either.right(value === null ? null : (mimeTruncations[value] ?? null))
}
