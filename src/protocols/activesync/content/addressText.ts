import type { Address } from "../../../domain/Content.ts"

/** Characters of an address field (MS-ASEMAIL 2.2.2.79). */
const maxLength = 32_768

/** `"Name" <address>` as Exchange writes it: names are quoted, not encoded (MS-ASDTYPE 2.7.3). */
export const addressText = ({ name, address }: Address): string => {
  if (address === "") return quoted(name)
  return name === "" ? address : `${quoted(name)} <${address}>`
}

const quoted = (name: string): string => `"${name.replace(/["\\]/g, "\\$&")}"`

/** Addresses joined as `To` and `Cc` want it (MS-ASEMAIL_R331); those beyond `max` characters are left out. */
export const addressList = (addresses: ReadonlyArray<Address>, max = maxLength): string =>
  joined(addresses.map(addressText), { separator: ", ", max })

/** MS-ASEMAIL_R711: ReplyTo has its own separator. */
export const replyToList = (addresses: ReadonlyArray<Address>): string =>
  joined(addresses.map(addressText), { separator: ";", max: maxLength })

/** What `DisplayTo` shows of each recipient (MS-ASEMAIL_R400). */
export const displayNames = (addresses: ReadonlyArray<Address>): string =>
  joined(
    addresses.map(({ name, address }) => (name === "" ? address : name)),
    { separator: ";", max: maxLength }
  )

const joined = (
  texts: ReadonlyArray<string>,
  { separator, max }: { readonly separator: string; readonly max: number }
): string => {
  let list = ""
  for (const text of texts) {
    if (text === "" || text === '""') continue
    const longer = list === "" ? text : `${list}${separator}${text}`
    if (longer.length > max) break
    list = longer
  }
  return list
}
