import { plainToHtml } from "../../mime/plainHtml.ts"
import { legalText } from "../wbxml/characters.ts"

const head = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>'

/** Plain text as an HTML document. */
export const plainDocument = (text: string): string => `${head}${plainToHtml(legalText(text))}</body></html>`

/** How far into a document its charset may be declared; browsers look no further, either. */
const declarationLength = 4096

const declaredCharset = /(<meta[^>]{0,200}charset\s*=\s*["']?\s*)([-\w:.+]{2,40})/gi

/** HTML as its sender wrote it; what it says of its charset is made true, since it now is UTF-8. */
export const originalHtml = (html: string): string =>
  legalText(
    html.slice(0, declarationLength).replace(declaredCharset, "$1utf-8") + html.slice(declarationLength)
  )
