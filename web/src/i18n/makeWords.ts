import { IntlMessageFormat } from "intl-messageformat"
import type { Catalog, MessageKey } from "./en/catalog.ts"
import { directionOf, type Language } from "./language.ts"

export type Values = Readonly<Record<string, string | number | Date>>

/** Everything that a page says, in one language. */
export interface Words {
  readonly language: Language
  readonly direction: "ltr" | "rtl"
  /** In which moments are told; undefined = the browser's. */
  readonly timeZone: string | undefined
  /** An ICU message of the catalog with its values. */
  readonly say: (key: MessageKey, values?: Values) => string
  readonly number: (value: number, digits?: number) => string
  /** A length of time in its two to three leading digits. */
  readonly duration: (millis: number) => string
  readonly clock: (at: number) => string
  readonly dateAndTime: (at: number) => string
}

export const makeWords = (language: Language, catalog: Catalog, timeZone?: string): Words => {
  const formats = new Map<MessageKey, IntlMessageFormat>()
  const formatOf = (key: MessageKey) => {
    const known = formats.get(key)
    if (known !== undefined) return known
    const made = new IntlMessageFormat(catalog[key], language)
    formats.set(key, made)
    return made
  }
  const turned = directionOf(language) === "rtl" ? turnRound : (text: string) => text
  const zone = timeZone === undefined ? {} : { timeZone }
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium", ...zone })
  const dateAndTime = new Intl.DateTimeFormat(language, {
    dateStyle: "medium",
    timeStyle: "medium",
    ...zone
  })
  return {
    language,
    direction: directionOf(language),
    timeZone,
    say: (key, values = {}) => turned(String(formatOf(key).format<string>({ ...values }))),
    number: (value, digits = 0) =>
      value.toLocaleString(language, { minimumFractionDigits: 0, maximumFractionDigits: digits }),
    duration: (millis) => formatDuration(language, millis),
    clock: (at) => clock.format(at),
    dateAndTime: (at) => dateAndTime.format(at)
  }
}

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000]
] as const

const formatDuration = (language: Language, millis: number): string => {
  const [unit, size] = units.find(([, length]) => millis >= length) ?? (["millisecond", 1] as const)
  const amount = millis / size
  return amount.toLocaleString(language, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: amount < 10 && unit !== "millisecond" ? 1 : 0
  })
}

/** Each word from right to left, as the pseudo locale of the same name has it elsewhere. */
const turnRound = (text: string): string => text.replace(/\p{L}+/gu, (word) => `\u202e${word}\u202c`)
