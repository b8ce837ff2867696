import type { Language } from "../../i18n/language.ts"

const day = 86_400_000

interface Formats {
  readonly clock: Intl.DateTimeFormat
  readonly weekday: Intl.DateTimeFormat
  readonly date: Intl.DateTimeFormat
  readonly withYear: Intl.DateTimeFormat
  /** A day by its name alone: the same for two moments of it. */
  readonly day: Intl.DateTimeFormat
  readonly year: Intl.DateTimeFormat
}

/** Made once for each language and time zone: a list formats hundreds of times. */
const formats = new Map<string, Formats>()

const formatsOf = (language: Language, timeZone: string | undefined): Formats => {
  const key = `${language} ${timeZone}`
  const known = formats.get(key)
  if (known !== undefined) return known
  const make = (tag: string, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(tag, { ...options, ...(timeZone !== undefined && { timeZone }) })
  const all = {
    clock: make(language, { timeStyle: "short" }),
    weekday: make(language, { weekday: "short", hour: "numeric", minute: "2-digit" }),
    date: make(language, { day: "numeric", month: "short" }),
    withYear: make(language, { dateStyle: "short" }),
    day: make("en", { dateStyle: "short" }),
    year: make("en", { year: "numeric" })
  }
  formats.set(key, all)
  return all
}

/** As short as it is clear: today the hour, this week the day with it, this year the date, before that with its year. */
export const shortTime = (language: Language, at: number, now: number, timeZone?: string): string => {
  const { clock, weekday, date, withYear, day: dayOf, year } = formatsOf(language, timeZone)
  if (dayOf.format(at) === dayOf.format(now)) return clock.format(at)
  if (at < now && now - at < 6 * day) return weekday.format(at)
  return (year.format(at) === year.format(now) ? date : withYear).format(at)
}

export type Period = "later" | "today" | "yesterday" | "week" | "month" | "older"

/** What a heading of the list says above a message. */
export const periodOf = (at: number, now: number): Period => {
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  if (at >= midnight + day) return "later"
  if (at >= midnight) return "today"
  if (at >= midnight - day) return "yesterday"
  if (at >= midnight - 6 * day) return "week"
  return at >= midnight - 30 * day ? "month" : "older"
}
