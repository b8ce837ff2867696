import { Either } from "effect"
import { canonicalAddress, parseAddress } from "../../../domain/EmailAddress.ts"
import type { AutodiscoverRequest } from "./readRequest.ts"

const schemas = "http://schemas.microsoft.com/exchange/autodiscover"
const mobilesync = `${schemas}/mobilesync/responseschema/2006`

/** Whom it is for, and where ActiveSync is. */
export interface Found {
  readonly address: string
  readonly url: string
}

/**
 * Answers in plain XML (MS-ASCMD 2.2.1.1). Of Outlook's own schema there is no provider, which is said as MS-OXDSCLI
 * 2.2.4.1.1.3 has it. Null: no request that can be understood.
 */
export const answerTo = (request: AutodiscoverRequest | null, { address, url }: Found): string => {
  if (request === null) return frameworkError(600, "Invalid Request")
  if (request.acceptableSchema !== mobilesync) return frameworkError(601, "Provider is not available")
  const asked = Either.getOrNull(Either.map(parseAddress(request.address), canonicalAddress))
  if (asked === null) return frameworkError(602, "Bad Address")
  return asked === address
    ? mobileSync(address, settings(url))
    : mobileSync(request.address, refused("This is not the address of who has signed in."))
}

const mobileSync = (address: string, action: string): string =>
  document(
    `<Response xmlns="${mobilesync}"><Culture>en:us</Culture>` +
      `<User><EMailAddress>${escaped(address)}</EMailAddress></User><Action>${action}</Action></Response>`
  )

const settings = (url: string): string =>
  `<Settings><Server><Type>MobileSync</Type><Url>${escaped(url)}</Url><Name>${escaped(url)}</Name></Server></Settings>`

/** 2 = protocol error (MS-ASCMD 2.2.3.177.1). */
const refused = (message: string): string => `<Error><Status>2</Status><Message>${message}</Message></Error>`

const frameworkError = (code: 600 | 601 | 602, message: string): string =>
  document(
    `<Response><Error><ErrorCode>${code}</ErrorCode><Message>${message}</Message><DebugData/></Error></Response>`
  )

const document = (response: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n<Autodiscover xmlns="${schemas}/responseschema/2006">${response}</Autodiscover>\n`

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
