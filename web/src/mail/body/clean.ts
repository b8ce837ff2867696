import createDOMPurify, { type DOMPurify } from "dompurify"
import { allowedAttributes, allowedTags } from "./allowed.ts"

/** A message's markup with everything gone that could do something; of an inert document, so that nothing is fetched. */
export interface CleanHtml {
  readonly body: HTMLElement
  readonly styles: ReadonlyArray<HTMLStyleElement>
  /** The beginning of a message that is too long to be shown whole. */
  readonly isCut: boolean
}

/** Characters; beyond that a browser is busy for seconds. */
const maxLength = 2_000_000

/** One of these schemes or none: the sanitiser asks this of all values, of colours and sizes, too. */
const knownScheme = /^(?:(?:https?|mailto|tel|cid):|[^a-z]|[a-z+.-]+(?:[^a-z+.:-]|$))/i

// Rules were hidden in comments from browsers before 1996. The sanitiser drops sheets with such a comment as a whole.
const unhideRules = (node: Node): void => {
  if (node.nodeName !== "STYLE") return
  const text = node.textContent ?? ""
  if (text.includes("<!--")) node.textContent = text.replaceAll("<!--", "").replaceAll("-->", "")
}

/**
 * Markup is read by the parser of the frame that it will stand in: the page's own policy forbids inline styles, and would
 * not apply them to what its parser made.
 */
const sanitiserOf = (inside: Document): DOMPurify => {
  const sanitiser = createDOMPurify(inside.defaultView ?? window)
  sanitiser.addHook("beforeSanitizeElements", unhideRules)
  return sanitiser
}

export const cleanHtml = (html: string, inside: Document): CleanHtml => {
  const root = sanitiserOf(inside).sanitize(html.slice(0, maxLength), {
    WHOLE_DOCUMENT: true,
    RETURN_DOM: true,
    ALLOWED_TAGS: allowedTags,
    ALLOWED_ATTR: allowedAttributes,
    ALLOWED_NAMESPACES: ["http://www.w3.org/1999/xhtml"],
    ALLOWED_URI_REGEXP: knownScheme,
    ALLOW_DATA_ATTR: false
  })
  const body = root.querySelector("body") ?? root.ownerDocument.createElement("body")
  for (const name of ["lang", "dir"]) {
    const value = root.getAttribute(name)
    if (value !== null && !body.hasAttribute(name)) body.setAttribute(name, value)
  }
  // A named picture could stand in for a property of its document.
  for (const named of body.querySelectorAll("[name]:not(a, map)")) named.removeAttribute("name")
  const styles = [...root.querySelectorAll("style")]
  for (const style of styles) style.remove()
  return { body, styles, isCut: html.length > maxLength }
}
