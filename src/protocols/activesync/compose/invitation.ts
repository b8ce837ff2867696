/** What of an iCalendar object (RFC 5545) its answer needs; values as they are written. */
export interface Invitation {
  /** `REQUEST` and the like, in capitals. */
  readonly method: string
  readonly uid: string
  /** Address without `mailto:`. */
  readonly organizer: string
  readonly summary: string
  readonly isRecurring: boolean
  /** Lines that an answer repeats: which revision of which occurrence it is about (RFC 5546 3.2.3). */
  readonly identity: ReadonlyArray<string>
}

/** Lines looked at: an invitation has a few dozen. */
const maxLines = 5_000

/** The first event of the object; undefined where it has none, or one that nobody could answer. */
export const readInvitation = (text: string): Invitation | undefined => {
  const lines = unfolded(text)
  const begin = lines.findIndex((line) => /^BEGIN:VEVENT$/i.test(line))
  const end = lines.findIndex((line, at) => at > begin && /^END:VEVENT$/i.test(line))
  if (begin === -1 || end === -1) return undefined
  const event = withoutAlarms(lines.slice(begin + 1, end))
  const method = valueIn(lines.slice(0, begin), "METHOD") ?? valueIn(lines.slice(end), "METHOD")
  const uid = valueIn(event, "UID")
  const organizer = valueIn(event, "ORGANIZER")?.replace(/^mailto:/i, "")
  if (method === undefined || uid === undefined || organizer === undefined) return undefined
  return {
    method: method.toUpperCase(),
    uid,
    organizer,
    summary: unescaped(valueIn(event, "SUMMARY") ?? ""),
    isRecurring: event.some((line) => /^(RRULE|RDATE)[:;]/i.test(line)),
    identity: event.filter((line) => repeated.test(line))
  }
}

/** A local time means nothing without its zone, and whoever called the meeting knows when it is. */
const repeated =
  /^(?:(?:UID|SEQUENCE|RECURRENCE-ID|ORGANIZER|SUMMARY)[:;]|(?:DTSTART|DTEND)(?![^:]*TZID=)[:;])/i

/** RFC 5545 3.1. */
const unfolded = (text: string): ReadonlyArray<string> =>
  text
    .replace(/\r\n|\r/g, "\n")
    .replace(/\n[ \t]/g, "")
    .split("\n", maxLines)
    .map((line) => line.trimEnd())

/** An alarm has a summary and more of its own. */
const withoutAlarms = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  let depth = 0
  return lines.filter((line) => {
    if (/^BEGIN:/i.test(line)) depth++
    const isOutside = depth === 0
    if (/^END:/i.test(line)) depth--
    return isOutside
  })
}

/** Behind the colon that ends the parameters: those may hold colons in quotes. */
const valueIn = (lines: ReadonlyArray<string>, name: string): string | undefined => {
  const line = lines.find((one) => new RegExp(`^${name}[:;]`, "i").test(one))
  return line === undefined ? undefined : /^[^":]*(?:"[^"]*"[^":]*)*:(.*)$/.exec(line)?.[1]?.trim()
}

/** RFC 5545 3.3.11. */
const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, char: string) => (/n/i.test(char) ? " " : char))

export type Participation = "ACCEPTED" | "TENTATIVE" | "DECLINED"

/** The answer of one who is invited (RFC 5546 3.2.3), folded. */
export const replyCalendar = (
  { identity }: Invitation,
  given: { readonly address: string; readonly participation: Participation; readonly now: number }
): string =>
  [
    "BEGIN:VCALENDAR",
    "PRODID:-//Postroom//EN",
    "VERSION:2.0",
    "METHOD:REPLY",
    "BEGIN:VEVENT",
    ...identity,
    `DTSTAMP:${new Date(given.now).toISOString().replace(/[-:]|\.\d{3}/g, "")}`,
    `ATTENDEE;PARTSTAT=${given.participation}:mailto:${given.address}`,
    "END:VEVENT",
    "END:VCALENDAR",
    ""
  ]
    .map(folded)
    .join("\r\n")

/** Lines of at most 75 octets, cut between characters. */
const folded = (line: string): string => {
  const pieces: Array<string> = []
  let piece = ""
  for (const char of line) {
    if (Buffer.byteLength(piece + char) > 74) {
      pieces.push(piece)
      piece = ""
    }
    piece += char
  }
  return [...pieces, piece].join("\r\n ")
}
