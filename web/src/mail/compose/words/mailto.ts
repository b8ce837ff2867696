import type { Correspondent } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import { readAddresses } from "./addresses.ts"

export interface MailTo {
  readonly to: ReadonlyArray<Correspondent>
  readonly cc: ReadonlyArray<Correspondent>
  readonly bcc: ReadonlyArray<Correspondent>
  readonly subject: string
  readonly body: string
}

/**
 * A `mailto:` link (RFC 6068). Of its fields only those that do nothing but fill in what one sees are taken (section 4);
 * `attach` and headers like In-Reply-To are not.
 */
export const readMailTo = (href: string): MailTo => {
  const [, path = "", query = ""] = /^mailto:([^?#]*)(?:\?([^#]*))?/i.exec(href.trim()) ?? []
  const fields = query.split("&").map((field) => {
    const at = field.indexOf("=")
    return at < 0 ? ["", ""] : [decoded(field.slice(0, at)).toLowerCase(), decoded(field.slice(at + 1))]
  })
  const all = (name: string) => fields.flatMap(([field, value]) => (field === name ? [value ?? ""] : []))
  // A comma in an address is %2C: the list is divided before it is decoded.
  const first = path.split(",").flatMap((one) => readAddresses(decoded(one)))
  return {
    to: [...first, ...all("to").flatMap(readAddresses)],
    cc: all("cc").flatMap(readAddresses),
    bcc: all("bcc").flatMap(readAddresses),
    subject: (all("subject")[0] ?? "").replaceAll(/[\r\n]+/g, " "),
    body: all("body").join("\n").replaceAll("\r\n", "\n")
  }
}

/** `+` is a plus here; what is no encoding stays as it is. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
