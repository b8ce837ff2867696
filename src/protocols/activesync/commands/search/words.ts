/** What quotes texts in the search language, in each of its forms. */
const quotationMarks = /["\u201c-\u201f]/g

/** Something that can be looked for at all. */
const anyWord = /[\p{L}\p{N}\p{Extended_Pictographic}]/u

/**
 * One word, or several in a row, in the search language: whatever stands in it is text and no operator or filter. The last
 * word may go on, as MS-ASCMD_R3696 wants it; "" where there is nothing that could be looked for.
 */
export const quoted = (text: string, { isPrefix = true }: { readonly isPrefix?: boolean } = {}): string => {
  const plain = text.replace(quotationMarks, " ").trim()
  return anyWord.test(plain) ? `"${plain}"${isPrefix ? "*" : ""}` : ""
}

/** All of the words, wherever they stand. */
export const quotedWords = (text: string): string =>
  text
    .replace(quotationMarks, " ")
    .split(/\s+/)
    .map((word) => quoted(word))
    .filter((word) => word !== "")
    .join(" ")
