/**
 * Words as they stand in Meilisearch and in what is asked of it: letters and digits of ASCII only. Its own tokenizer,
 * whatever scripts and languages it was built for, then takes none of them apart and makes no two of one. What is
 * different may become the same; what is the same stays so, and so do beginnings.
 */
const plain = /^[a-z0-9]+$/
const isPlain = (letter: string): boolean => plain.test(letter)

/** Octets of the longest word that it keeps, and a little less: of a longer one the beginning counts. */
const longest = 240

export const meiliWord = (word: string): string => {
  const letters = isPlain(word)
    ? word
    : [...word].map((one) => (isPlain(one) ? one : (one.codePointAt(0) ?? 0).toString(36))).join("")
  return letters.slice(0, longest)
}
