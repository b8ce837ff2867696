/** The dictionary of Postgres that knows a language's forms; of others there is only the word as it stands. */
const dictionaries: Readonly<Record<string, string>> = {
  ar: "arabic_stem",
  ca: "catalan_stem",
  da: "danish_stem",
  de: "german_stem",
  el: "greek_stem",
  en: "english_stem",
  es: "spanish_stem",
  eu: "basque_stem",
  fi: "finnish_stem",
  fr: "french_stem",
  hu: "hungarian_stem",
  hy: "armenian_stem",
  it: "italian_stem",
  lt: "lithuanian_stem",
  nl: "dutch_stem",
  no: "norwegian_stem",
  pt: "portuguese_stem",
  ro: "romanian_stem",
  ru: "russian_stem",
  sr: "serbian_stem",
  sv: "swedish_stem",
  tr: "turkish_stem"
}

export const dictionaryOf = (language: string | null): string | null =>
  language === null ? null : (dictionaries[language] ?? null)
