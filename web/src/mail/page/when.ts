import type { Language } from "../../i18n/language.ts"

const day = 86_400_000

/** Made once for each language: a list formats hundreds of times. */
const formats = new Map<Language, ReadonlyArray<Intl.DateTimeFormat>>()

const formatsOf = (language: Language) => {
  const known = formats.get(language)
  if (known !== undefined) return known
  const made = [
    { timeStyle: "short" },
    { weekday: "short", hour: "numeric", minute: "2-digit" },
    { day: "numeric", month: "short" },
    { dateStyle: "short" }
  ] as const
  const all = made.map((options) => new Intl.DateTimeFormat(language, options))
  formats.set(language, all)
  return all
}

/** As short as it is clear: today the hour, this week the day with it, this year the date, before that with its year. */
export const shortTime = (language: Language, at: number, now: number): string => {
  const [clock, weekday, date, withYear] = formatsOf(language)
  const then = new Date(at)
  const today = new Date(now)
  const isSameYear = then.getFullYear() === today.getFullYear()
  const format =
    then.toDateString() === today.toDateString()
      ? clock
      : at < now && now - at < 6 * day
        ? weekday
        : isSameYear
          ? date
          : withYear
  return format?.format(then) ?? ""
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
