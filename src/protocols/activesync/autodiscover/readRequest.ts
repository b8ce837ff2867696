import { SaxesParser } from "saxes"

/** What an Autodiscover request asks (MS-ASCMD 2.2.1.1, MS-OXDSCLI 2.2.3). */
export interface AutodiscoverRequest {
  readonly address: string
  /** Namespace that the answer must be in. */
  readonly acceptableSchema: string
}

/** Elements inside each other: a request has three. */
const maxDepth = 16

/**
 * Null where it is no such request: not well-formed, with a DTD, too deep, without an address or a schema, or with several
 * requests. Namespaces are not looked at: clients have written them in many ways.
 */
export const readRequest = (xml: string): AutodiscoverRequest | null => {
  const parser = new SaxesParser({ xmlns: true })
  const path: Array<string> = []
  const found = { request: 0, address: "", schema: "" }
  let isSound = true
  const refuse = () => {
    isSound = false
  }
  const place = () => (path.length > maxDepth ? "" : path.join("/"))
  parser.on("error", refuse)
  // No entities but the five of XML: nothing can be expanded.
  parser.on("doctype", refuse)
  parser.on("opentag", ({ local }) => {
    path.push(local)
    if (path.length > maxDepth) refuse()
    if (place() === "Autodiscover/Request") found.request += 1
  })
  parser.on("closetag", () => {
    path.pop()
  })
  parser.on("text", (text) => {
    const at = place()
    if (at === "Autodiscover/Request/EMailAddress") found.address += text
    if (at === "Autodiscover/Request/AcceptableResponseSchema") found.schema += text
  })
  parser.write(xml).close()
  const address = found.address.trim()
  const acceptableSchema = found.schema.trim()
  const isWhole = isSound && found.request === 1 && address !== "" && acceptableSchema !== ""
  return isWhole ? { address, acceptableSchema } : null
}
