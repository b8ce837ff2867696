import { type Element, textOf } from "./wbxml/element.ts"

/** An empty element means true (MS-ASCMD 2.2.3.46, 2.2.3.84); undefined where the text is no boolean (MS-ASDTYPE 2.1). */
export const booleanOf = (element: Element): boolean | undefined => {
  const text = textOf(element).trim()
  if (text === "" || text === "1") return true
  return text === "0" ? false : undefined
}

/** A whole number, with sign; undefined where the text is none or has more digits than any number of the protocol. */
export const integerOf = (element: Element): number | undefined => {
  const text = textOf(element).trim()
  return /^-?\d{1,10}$/.test(text) ? Number(text) : undefined
}
