import { assert } from "@effect/vitest"
import { isAtLeast } from "../../../src/protocols/activesync/Command.ts"
import { childElements, type Element, textOf } from "../../../src/protocols/activesync/wbxml/element.ts"
import type { HttpAnswer } from "../../support/activesync/http.ts"
import { decoded } from "../../support/activesync/wbxml.ts"
import type { Form } from "./form.ts"

/** Codes that bad input may have (MS-ASCMD 2.2.4, MS-ASHTTP 2.2.2.1.1); 500 is for what is gone, and until 12.1 only. */
const codes: ReadonlySet<number> = new Set([200, 400, 403, 413, 415, 449, 501, 507])

/** What the server alone is to blame for: a defect, and states that are away or locked. */
const ownFaults: ReadonlySet<string> = new Set(["110", "111", "132", "133", "134"])

export interface Judged {
  readonly document: Element | null
  /** What kind of answer it is. */
  readonly end: string
}

/** Throws where no request may be answered so. */
export const judge = ({ command, version }: Form, { code, headers, body }: HttpAnswer): Judged => {
  const isOld = !isAtLeast(version, "14.0")
  assert.isTrue(codes.has(code) || (code === 500 && isOld), `${command} of ${version} is answered ${code}`)
  assert.strictEqual(Number(headers["content-length"]), body.length)
  const document = documentIn(headers["content-type"], body)
  if (document === null) return { document, end: `${command} ${isOld} ${code} ${body.length === 0}` }
  const statuses = [...new Set(statusesIn(document))].sort()
  const [first] = childElements(document).filter(({ tag }) => tag.endsWith(":Status"))
  if (first !== undefined) assert.isFalse(ownFaults.has(textOf(first)), `${command}: ${textOf(first)}`)
  return { document, end: `${command} ${isOld} ${code} ${statuses.join(" ")}` }
}

const documentIn = (type: string | undefined, body: Buffer): Element | null => {
  if (type === "application/vnd.ms-sync.wbxml") return decoded(body)
  // MS-ASCMD 2.2.1.10.1.1: the first of the parts is the document.
  if (type === "application/vnd.ms-sync.multipart")
    return decoded(body.subarray(body.readUInt32LE(4), body.readUInt32LE(4) + body.readUInt32LE(8)))
  return null
}

const statusesIn = (document: Element): ReadonlyArray<string> =>
  childElements(document).flatMap((child) =>
    child.tag.endsWith(":Status") ? [`${child.tag} ${textOf(child)}`] : statusesIn(child)
  )
