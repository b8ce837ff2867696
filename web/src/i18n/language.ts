/** `ar-XB` is no language: it is English written from right to left, to see that pages bear it. */
export const languages = ["en", "de", "ar-XB"] as const
export type Language = (typeof languages)[number]

/** Those that people are offered, by their own names. */
export const offeredLanguages = [
  ["en", "English"],
  ["de", "Deutsch"]
] as const satisfies ReadonlyArray<readonly [Language, string]>

export const languageNamed = (name: string | null): Language | undefined =>
  languages.find((language) => language === name)

/** The first that somebody reads and we have. */
export const defaultLanguage = (wished: ReadonlyArray<string>): Language =>
  wished
    .map((tag) => languageNamed(tag.split("-", 1)[0] ?? null))
    .find((language) => language !== undefined) ?? "en"

export const directionOf = (language: Language): "ltr" | "rtl" => (language === "ar-XB" ? "rtl" : "ltr")
