/** Characters that XML 1.0 (2.2) does not have, halves of surrogate pairs among them. */
const illegal = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu

/** Any of them, and the other half of what is beyond U+D7FF: this test takes a quarter of the time. */
const suspect = /[^\t\n\r\u0020-\uD7FF]/

/** The text without what may not stand in XML; NUL would also end it early on the wire. */
export const legalText = (text: string): string => (suspect.test(text) ? text.replace(illegal, "") : text)
