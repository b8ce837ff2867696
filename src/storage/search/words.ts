/**
 * Scripts that put no space between words, or whose letters are built of several code points: each of their characters is a
 * word of its own, and what was typed together is looked for as a phrase. So any piece of a text is found in it.
 */
const singly = [
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Bopomofo",
  "Yi",
  "Thai",
  "Lao",
  "Khmer",
  "Myanmar",
  "Tibetan",
  "Devanagari",
  "Bengali",
  "Gurmukhi",
  "Gujarati",
  "Oriya",
  "Tamil",
  "Telugu",
  "Kannada",
  "Malayalam",
  "Sinhala"
]
  .map((script) => `\\p{Script=${script}}`)
  .join("")

const letters = "[\\p{L}\\p{N}\\p{M}]"
const asciiWord = /[a-z0-9]+/g
const word = new RegExp(
  `[${letters}&&[${singly}]]|[${letters}--[${singly}]]+|\\p{Extended_Pictographic}`,
  "gv"
)

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)

/** Would become letters (™, №) and so join the word beside them. */
const symbols = /(?!\p{ASCII})\p{S}/gu

/** Soft hyphens, joiners, marks of direction: nobody sees them. */
const invisible = /\p{Cf}/gu

/**
 * Accents, points, and the stroke that lengthens Arabic words. Of Cyrillic letters only stress marks go: й is no и. Marks
 * of the scripts that are read singly, and those of Japanese, belong to their letters.
 */
const marks =
  /(?<!\p{Script=Cyrillic})(?![\u3099\u309a])(?=[\p{Script=Inherited}\p{Script=Hebrew}\p{Script=Arabic}])\p{Mn}|(?<=\p{Script=Cyrillic})[\u0300\u0301]|\u0640/gu

/** Letters that Unicode does not take apart, as people write them who have no such key. */
const plain: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ħ: "h",
  ł: "l",
  ŋ: "n",
  ı: "i",
  ς: "σ",
  ё: "е"
}
const special = new RegExp(`[${Object.keys(plain).join("")}]`, "g")

/** Text without case, accents and forms of presentation. */
const fold = (text: string): string =>
  text
    .replace(symbols, " $& ")
    .normalize("NFKD")
    .toLowerCase()
    .replace(marks, "")
    .normalize("NFC")
    .replace(special, (letter) => plain[letter] ?? letter)

/** UTF-16 units of a word; of a longer one only its beginning counts, in mail as in queries. */
export const maxWordLength = 200

const cut = (long: string): string =>
  long.length <= maxWordLength ? long : long.slice(0, maxWordLength).replace(/[\ud800-\udbff]$/, "")

const wordsIn = (text: string): ReadonlyArray<string> =>
  (isAscii(text) ? text.toLowerCase().match(asciiWord) : fold(text).match(word))?.map(cut) ?? []

/** The words of a text in order, each in the form in which it is indexed and looked for. */
export const foldedWords = (text: string): ReadonlyArray<string> => wordsIn(text.replace(invisible, ""))

/** Invisible, or over a letter with which it is not one character. */
const between = /[\p{Cf}\p{Mn}]/u

/**
 * What `foldedWords` joins across invisible characters and marks, as rows of pieces: programs that end a word there look
 * for those.
 */
export const hiddenRows = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  if (!between.test(text)) return []
  const runs = text.normalize("NFC").match(/[\p{L}\p{N}\p{M}\p{Cf}]+/gu) ?? []
  return runs
    .filter((run) => between.test(run))
    .map((run) => wordsIn(run.split(between).join(" ")))
    .filter((row) => row.length > 0)
}

/** A word as it is written, invisible characters inside it included; a symbol ends it. */
const written = new RegExp(
  `[${letters}&&[${singly}]]|[[${letters}\\p{Cf}]--[${singly}]]+|\\p{Extended_Pictographic}`,
  "gv"
)

export interface PlacedWord {
  /** Folded. */
  readonly word: string
  /** Where it stands in the text, in UTF-16 units. */
  readonly start: number
  readonly end: number
}

/** The words of a text with their places. */
export const placedWords = (text: string): ReadonlyArray<PlacedWord> =>
  [...text.matchAll(written)].flatMap((match) =>
    foldedWords(match[0]).map((one) => ({
      word: one,
      start: match.index,
      end: match.index + match[0].length
    }))
  )
