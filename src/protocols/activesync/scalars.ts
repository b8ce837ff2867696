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

/** Epoch milliseconds of a dateTime (MS-ASDTYPE 2.3), or of one in the compact form of calendars (2.7.2); undefined where it is none. */
export const dateTimeOf = (element: Element): number | undefined => {
  const text = textOf(element).trim()
  const compact = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text)
  const [, year, month, day, hour, minute, second] = compact ?? []
  const written = compact === null ? text : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/.test(written)) return undefined
  const millis = Date.parse(written)
  return Number.isNaN(millis) ? undefined : millis
}
