import type { Child, Element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { allTags } from "../../support/activesync/anyWbxml.ts"
import { type Dice, oneOf } from "../mutate.ts"
import { placeholders } from "./placeholders.ts"

/** Texts that mean something somewhere. */
const texts: ReadonlyArray<string> = [
  ...placeholders,
  ..."0 1 2 3 4 5 7 8 12 100 512 999999999 99999999999999999999 -1 1.5 T".split(" "),
  ..."Email Calendar Contacts SMS Mailbox GAL DocumentLibrary inbox calendar contacts".split(" "),
  "0-0",
  "0-99",
  "5-1",
  "999999999-999999999",
  "2026-11-30T12:00:00.000Z",
  "20261130T120000Z",
  "9999-99-99T99:99:99.999Z",
  "MS-EAS-Provisioning-WBXML",
  "bob@demo.test",
  '"a" <alice@demo.test>, <bob@demo.test',
  'subject:("x" OR NOT y) from:',
  "\u{1f4a9}\u0000\ud800\r\n.\r\n",
  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b",
  "a".repeat(3000),
  ""
]

const isElement = (child: Child): child is Element => typeof child === "object" && "tag" in child

const sizeOf = ({ children }: Element): number =>
  children.filter(isElement).reduce((sum, child) => sum + sizeOf(child), 1)

/** The element in this place of the order in which they begin. */
const elementAt = (of: Element, place: number): Element => {
  let left = place
  for (const child of of.children.filter(isElement)) {
    if (left === 0) return child
    left -= 1
    const size = sizeOf(child) - 1
    if (left < size) return elementAt(child, left)
    left -= size
  }
  return of
}

/** The document with others in the place of one element below the root. */
const replacedAt = (
  of: Element,
  place: number,
  change: (element: Element) => ReadonlyArray<Child>
): Element => {
  let left = place
  const children = of.children.flatMap((child): ReadonlyArray<Child> => {
    if (!isElement(child)) return [child]
    const size = sizeOf(child)
    const at = left
    left -= size
    if (at < 0 || at >= size) return [child]
    return at === 0 ? change(child) : [replacedAt(child, at - 1, change)]
  })
  return { ...of, children }
}

const nested = (element: Element, depth: number): Element =>
  depth === 0 ? element : { tag: element.tag, children: [nested(element, depth - 1)] }

/** The document, changed in one place; `other` lends parts. */
export const changedDocument = (dice: Dice, document: Element, other: Element): Element => {
  const below = sizeOf(document) - 1
  const lent = elementAt(other, dice(Math.max(1, sizeOf(other) - 1)))
  if (below === 0) return { ...document, children: [...document.children, lent] }
  const change = oneOf<(element: Element) => ReadonlyArray<Child>>(dice, [
    () => [],
    (element) => [element, element],
    (element) => [{ ...element, children: [oneOf(dice, texts)] }],
    (element) => [{ ...element, children: [oneOf(dice, texts)] }],
    (element) => [{ ...element, children: [] }],
    (element) => [{ ...element, tag: oneOf(dice, allTags) }],
    (element) => [element, lent],
    () => [lent],
    (element) => [{ ...element, children: [...element.children, lent] }],
    (element) => [{ ...element, children: element.children.toReversed() }],
    (element) => Array.from({ length: dice(250) }, () => element),
    (element) => [nested(element, dice(60))]
  ])
  return replacedAt(document, dice(below), change)
}
