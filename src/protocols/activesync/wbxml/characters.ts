/** Characters that XML 1.0 (2.2) does not have, halves of surrogate pairs among them. */
const illegal = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const illegals = new RegExp(illegal, "gu")

/** The text without what may not stand in XML; NUL would also end it early on the wire. */
export const legalText = (text: string): string => (illegal.test(text) ? text.replace(illegals, "") : text)
