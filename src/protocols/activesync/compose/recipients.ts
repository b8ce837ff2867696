import { Either } from "effect"
import type { Address, Envelope } from "../../../domain/Content.ts"
import { canonicalAddress, parseAddress } from "../../../domain/EmailAddress.ts"

type Fields = Pick<Envelope, "to" | "cc" | "bcc">

/** MS-ASCMD 2.2.2: 116 one of them is no address, 119 there is none. */
export type RecipientStatus = 116 | 119

/** Who is to get the message: each once, as written first. A name without an address is resolved by nobody here. */
export const recipientsOf = (fields: Fields): Either.Either<ReadonlyArray<string>, RecipientStatus> => {
  const found = new Map<string, string>()
  for (const written of [...fields.to, ...fields.cc, ...fields.bcc]) {
    if (isEmptyGroup(written)) continue
    const parsed = parseAddress(written.address)
    if (Either.isLeft(parsed)) return Either.left(116)
    const canonical = canonicalAddress(parsed.right)
    if (!found.has(canonical)) found.set(canonical, written.address)
  }
  return found.size === 0 ? Either.left(119) : Either.right([...found.values()])
}

/** `undisclosed-recipients:;` (RFC 5322 3.6.3). */
const isEmptyGroup = ({ address, name, group }: Address): boolean =>
  address === "" && name === "" && group !== undefined
