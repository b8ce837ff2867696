import { legalText } from "../wbxml/characters.ts"

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

const head = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>'

/** Plain text as HTML: everything escaped, lines and indents kept. Nothing in it can be markup of the sender's. */
export const plainToHtml = (text: string): string => {
  const lines = text.replace(/[&<>"]/g, (char) => entities[char] ?? char).split(/\r\n|\r|\n/)
  return `${head}${lines.map(keepSpaces).join("<br>\r\n")}</body></html>`
}

/** Spaces that HTML would fold: at the beginning of a line, and all but one inside. */
const keepSpaces = (line: string): string =>
  line
    .replaceAll("\t", "    ")
    .replace(/^ +| {2,}/g, (spaces, at: number) =>
      at === 0 ? "&nbsp;".repeat(spaces.length) : `${"&nbsp;".repeat(spaces.length - 1)} `
    )

/** How far into a document its charset may be declared; browsers look no further, either. */
const declarationLength = 4096

const declaredCharset = /(<meta[^>]{0,200}charset\s*=\s*["']?\s*)([-\w:.+]{2,40})/gi

/** HTML as its sender wrote it; what it says of its charset is made true, since it now is UTF-8. */
export const originalHtml = (html: string): string =>
  legalText(
    html.slice(0, declarationLength).replace(declaredCharset, "$1utf-8") + html.slice(declarationLength)
  )
