/** Who gets an answer while somebody is away: the own tenant, people they know, everybody else. */
export const audiences = ["internal", "externalKnown", "externalUnknown"] as const
export type Audience = (typeof audiences)[number]

export interface AbsenceReply {
  readonly isEnabled: boolean
  /** May be empty. */
  readonly message: string
  readonly format: "text" | "html"
}

/** Somebody is out of office: always, never, or from one time to another. */
export interface Absence {
  readonly state: "off" | "on" | "timed"
  /** Epoch milliseconds; both or none. */
  readonly from: number | null
  readonly to: number | null
  /** What was never said is absent. */
  readonly replies: Readonly<Partial<Record<Audience, AbsenceReply>>>
}

export const present: Absence = { state: "off", from: null, to: null, replies: {} }

/** UTF-16 code units of a reply. */
export const maxReplyLength = 32_768
