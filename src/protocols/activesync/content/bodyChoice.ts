import type { BodyOptions, BodyPreference, BodyType } from "./bodyOptions.ts"

/** What is known of a message before its body is read. */
export interface BodyFacts {
  /** 1 plain text, 2 HTML (MS-ASAIRS 2.2.2.32); mail is never stored as RTF. */
  readonly nativeType: 1 | 2
  readonly isSmime: boolean
}

/**
 * The forms to try, best first. More than one only where the device would rather have another form whole than this one
 * cut (AllOrNone). The native form comes first (MS-ASAIRS_R77), the others in the device's order.
 */
export const bodyCandidates = (
  { bodyPreferences, mimeSupport, mimeTruncation }: BodyOptions,
  { nativeType, isSmime }: BodyFacts
): ReadonlyArray<BodyPreference> => {
  const mime = bodyPreferences.find(({ type }) => type === 4)
  const mayBeMime = mimeSupport === 2 || (mimeSupport === 1 && isSmime)
  if (mayBeMime && (mime !== undefined || bodyPreferences.length === 0))
    return [atMost(mime ?? whole(4), mimeTruncation)]
  const readable = bodyPreferences.filter(({ type }) => type === 1 || type === 2)
  const native = readable.filter(({ type }) => type === nativeType)
  const chosen = [...native, ...readable.filter(({ type }) => type !== nativeType)]
  const last = chosen.findIndex(({ allOrNone }) => !allOrNone)
  if (chosen.length > 0) return last === -1 ? chosen : chosen.slice(0, last + 1)
  // Asked for MIME alone but may not have it: the body is named and not given. RTF is answered as plain text.
  if (mime !== undefined) return [{ ...mime, truncationSize: 0 }]
  const rtf = bodyPreferences.find(({ type }) => type === 3)
  return [rtf === undefined ? whole(1) : { ...rtf, type: 1 }]
}

const whole = (type: BodyType): BodyPreference => ({
  type,
  truncationSize: null,
  allOrNone: false,
  preview: null
})

const atMost = (preference: BodyPreference, size: number | null): BodyPreference => ({
  ...preference,
  truncationSize: smaller(preference.truncationSize, size)
})

/** The smaller of two limits, null standing for none. */
export const smaller = (a: number | null, b: number | null): number | null => {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
