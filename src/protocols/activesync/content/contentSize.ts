import type { Child } from "../wbxml/element.ts"

/** Octets of text and bytes in elements, whatever their tags take. */
export const contentSize = (children: ReadonlyArray<Child>): number =>
  children.reduce((sum, child) => {
    if (typeof child === "string") return sum + Buffer.byteLength(child)
    return sum + (child instanceof Uint8Array ? child.length : contentSize(child.children))
  }, 0)
