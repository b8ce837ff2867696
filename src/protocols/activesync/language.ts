/** Primary languages by the low ten bits of a locale (MS-LCID 2.2). */
const languages: Readonly<Record<number, string>> = {
  1: "ar",
  2: "bg",
  3: "ca",
  4: "zh",
  5: "cs",
  6: "da",
  7: "de",
  8: "el",
  9: "en",
  10: "es",
  11: "fi",
  12: "fr",
  13: "he",
  14: "hu",
  15: "is",
  16: "it",
  17: "ja",
  18: "ko",
  19: "nl",
  20: "no",
  21: "pl",
  22: "pt",
  24: "ro",
  25: "ru",
  26: "hr",
  27: "sk",
  29: "sv",
  30: "th",
  31: "tr",
  33: "id",
  34: "uk",
  36: "sl",
  37: "et",
  38: "lv",
  39: "lt",
  41: "fa",
  42: "vi",
  57: "hi"
}

/** The language of a locale of Windows, e.g. `de` of 0x0407; null where it is none of the usual. */
export const languageOf = (locale: number): string | null => languages[locale & 0x3ff] ?? null

/** The first language of an Accept-Language header (RFC 9110 12.5.4), e.g. `de-AT`; null where it names none. */
export const firstLanguage = (header: string | undefined): string | null =>
  /^\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4})\s*(?:[,;]|$)/.exec(header ?? "")?.[1] ?? null
