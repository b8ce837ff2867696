import type { FolderId } from "./ids.ts"

/** How somebody likes web mail. Nothing of it decides what happens to mail on the server. */
export interface Preferences {
  /** How close the rows of a list stand. */
  readonly density: "comfortable" | "cozy" | "compact"
  /** Messages of one conversation are one row. */
  readonly isThreaded: boolean
  readonly readingPane: "right" | "bottom" | "off"
  /** Seconds that a message is open until it counts as read; 0 = at once, null = only by hand. */
  readonly readAfterSeconds: number | null
  /** Null = as this browser has it, also below. */
  readonly language: "en" | "de" | null
  readonly theme: "system" | "light" | "dark" | null
  /** A name of the time zone database. */
  readonly timeZone: string | null
  readonly signatures: ReadonlyArray<Signature>
  /** The id of what stands below a new message, and below an answer or something forwarded; null = nothing. */
  readonly signatureOfNew: string | null
  readonly signatureOfAnswers: string | null
  /** Addresses and domains, in lower case, whose pictures are shown without asking. */
  readonly trustedSenders: ReadonlyArray<string>
  /** The same, whose mail is not wanted. */
  readonly blockedSenders: ReadonlyArray<string>
  readonly favourites: ReadonlyArray<FolderId>
  /** New mail is told by the browser; null = was not decided. */
  readonly hasNotifications: boolean | null
}

export interface Signature {
  /** Made by the page; unlike all others of the person. */
  readonly id: string
  readonly name: string
  /** As somebody wrote it: to be cleaned by whoever shows it. */
  readonly html: string
}

/** Fields that are to be others; the rest stays. */
export type PreferencesPatch = Partial<Preferences>

/** Version: how often they were changed; 0 = never. */
export interface KeptPreferences {
  readonly version: number
  readonly preferences: Preferences
}

export const defaultPreferences: Preferences = {
  density: "comfortable",
  isThreaded: true,
  readingPane: "right",
  readAfterSeconds: 0,
  language: null,
  theme: null,
  timeZone: null,
  signatures: [],
  signatureOfNew: null,
  signatureOfAnswers: null,
  trustedSenders: [],
  blockedSenders: [],
  favourites: [],
  hasNotifications: null
}

/** Whether a list of addresses and domains names the address: itself, its domain, or a domain above that. */
export const namesSender = (senders: ReadonlyArray<string>, address: string): boolean => {
  const known = address.toLowerCase()
  const domain = known.slice(known.lastIndexOf("@") + 1)
  return senders.some((one) =>
    one.includes("@") ? one === known : one === domain || domain.endsWith(`.${one}`)
  )
}
