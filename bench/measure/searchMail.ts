// Mail whose words are spread as those of a language are, and searches of it.

let state = 1
const random = (): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return state / 0x80000000
}

const syllables = "ka to mi re lan dor ves pin qua sto ber nil ga fu zer ton ala ex".split(" ")
const vocabularySize = 60_000
/** The n-th most common word. */
const word = (n: number): string => {
  const syllable = syllables[n % syllables.length] ?? ""
  return n < syllables.length ? syllable : syllable + word(Math.floor(n / syllables.length) - 1)
}
export const vocabulary = Array.from({ length: vocabularySize }, (_, n) => word(n))
const byRank = (rank: number): string => vocabulary[Math.floor(rank)] ?? ""
const zipf = (): string => byRank(Math.exp(random() * Math.log(vocabularySize)) - 1)

/** Words by Zipf's law, 60 to 440 of them. */
export const text = (): string => Array.from({ length: 60 + Math.floor(random() * 380) }, zipf).join(" ")

/** A word that is about the n-th most common, another one each time. */
const about = (n: number): string => byRank(n * (0.8 + random() * 0.4))

/** Searches by what they are; each time for other words. */
export const kinds: Readonly<Record<string, () => string>> = {
  "a rare word": () => `"${about(40_000)}"`,
  "a word": () => about(2_000),
  "a common word": () => about(60),
  "the most common words": () => about(2),
  "two words": () => `${about(100)} ${about(1_000)}`,
  "a beginning, 4 letters": () => `${about(20_000).slice(0, 4)}*`,
  "a beginning, 2 letters": () => `${about(20_000).slice(0, 2)}*`,
  "a phrase of common words": () => `"${about(10)} ${about(10)}"`,
  "a phrase that does not occur": () => `"${about(30)} ${about(30)} ${about(30)}"`,
  "a word, unread": () => `${about(2_000)} is:unread`,
  "a common word, flagged (none is)": () => `${about(60)} is:flagged`,
  "a common word, read (none is)": () => `${about(60)} is:read`,
  "from a sender": () => "from:somebody subject:report",
  "unread, no word": () => "is:unread",
  "flagged, no word (none is)": () => "is:flagged",
  "read, no word (none is)": () => "is:read"
}
