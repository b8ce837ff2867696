// Addresses as mail carries them and as the directory keeps them. `domainToASCII` of node:url is a pure function
// (UTS-46, non-transitional); it is the one thing outside `effect` that the domain uses.
import { domainToASCII, domainToUnicode } from "node:url"
import { Either } from "effect"
import { InvalidRequest } from "./errors.ts"

/** A mailbox address that was read once and found sound. */
export interface EmailAddress {
  /** Without quotes, in NFC, in the case that it was written in. */
  readonly localPart: string
  /** A-labels, lower case. */
  readonly domain: string
}

/** Octets; RFC 5321 4.5.3.1.1 to 4.5.3.1.3 (a path of 256 counts its two brackets). */
export const addressLimits = { localPart: 64, domain: 255, address: 254 }

const encoder = new TextEncoder()
const octets = (text: string): number => encoder.encode(text).length
const refuse = (message: string) => Either.left(new InvalidRequest({ message }))

/**
 * Reads `local@domain` as people and SMTP clients write it, without brackets (RFC 5321 4.1.2 `Mailbox`, RFC 6531 3.3).
 * Address literals, comments, folding and obsolete forms are refused, and so is every character that is invisible,
 * changes the direction of text, or only looks like an ASCII one (full-width forms, ligatures).
 */
export const parseAddress = (text: string): Either.Either<EmailAddress, InvalidRequest> =>
  Either.gen(function* () {
    // A UTF-16 code unit is never longer than what it encodes to, so that this bounds all work below.
    if (text.length > addressLimits.address * 2) return yield* refuse("The address is too long.")
    const address = text.normalize("NFC")
    const at = address.lastIndexOf("@")
    if (at < 1) return yield* refuse("An address looks like name@domain.")
    const written = address.slice(0, at)
    if (octets(written) > addressLimits.localPart) return yield* refuse("The part before @ is too long.")
    const localPart = yield* parseLocalPart(written)
    const domain = yield* parseDomain(address.slice(at + 1))
    if (octets(written) + 1 + domain.length > addressLimits.address) {
      return yield* refuse("The address is too long.")
    }
    return { localPart, domain }
  })

/** Reads a domain name, in U-labels or A-labels, into lower-case A-labels (RFC 5890 2.3.2.1, UTS-46). */
export const parseDomain = (text: string): Either.Either<string, InvalidRequest> => {
  if (text.startsWith("[")) return refuse("Address literals are not taken.")
  if (text.length > addressLimits.domain) return refuse("The domain name is too long.")
  const name = text.normalize("NFC")
  if (!domainCharacters.test(name) || looksLikeAscii(name)) return refuse("The domain name is malformed.")
  const ascii = toAscii(name)
  if (ascii.length > addressLimits.domain) return refuse("The domain name is too long.")
  const labels = ascii.split(".")
  const isSound = labels.every((label) => ldhLabel.test(label)) && !/^[0-9]+$/.test(labels.at(-1) ?? "")
  return isSound ? Either.right(ascii) : refuse("The domain name is malformed.")
}

/** What the directory keeps and looks up: ASCII letters in lower case, the local part quoted only where it must be. */
export const canonicalAddress = ({ localPart, domain }: EmailAddress): string => {
  const folded = localPart.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  const local = dotString.test(folded) ? folded : `"${folded.replace(/["\\]/g, "\\$&")}"`
  return `${local}@${domain}`
}

/** `user+detail@domain` as user and detail (RFC 5233 4); null where there is no detail, or nothing before it. */
export const splitDetail = (
  address: EmailAddress,
  separator: string
): { readonly base: EmailAddress; readonly detail: string } | null => {
  const at = separator === "" ? -1 : address.localPart.indexOf(separator)
  if (at < 1) return null
  return {
    base: { ...address, localPart: address.localPart.slice(0, at) },
    detail: address.localPart.slice(at + separator.length)
  }
}

/** Letters, marks and digits of any script, hyphen and dot; this leaves out the other full stops (U+3002, U+FF61). */
const domainCharacters = /^[\p{L}\p{M}\p{N}.\-\u00b7\u0375\u05f3\u05f4\u30fb]+$/u
const ldhLabel = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/
const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+"
const dotString = new RegExp(`^${atom}(\\.${atom})*$`, "u")
const quotedString = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\u{10ffff}]|\\[\x20-\x7e])*)"$/u
/** Controls, invisible and direction-changing characters, private use, unassigned, and every space but U+0020. */
const unseen = /[\p{C}\p{Default_Ignorable_Code_Point}]|(?! )\p{Z}/u

const parseLocalPart = (written: string): Either.Either<string, InvalidRequest> => {
  if (unseen.test(written)) return refuse("The address has a character that cannot be seen.")
  if (looksLikeAscii(written)) return refuse("The address has a character that only looks like another.")
  if (dotString.test(written)) return Either.right(written)
  const quoted = quotedString.exec(written)?.[1]
  return quoted === undefined
    ? refuse("The part before @ is malformed.")
    : Either.right(quoted.replace(/\\(.)/gu, "$1"))
}

/** True where a character outside ASCII folds to one inside: `ａ`, `＠`, `ﬁ` (Unicode UAX 15, NFKC). */
const looksLikeAscii = (text: string): boolean =>
  /[^\p{ASCII}]/u.test(text) &&
  Array.from(text).some(
    (character) => !/\p{ASCII}/u.test(character) && /\p{ASCII}/u.test(character.normalize("NFKC"))
  )

/** "" where UTS-46 finds no name, or where an A-label is not the one that its U-label gives. */
const toAscii = (name: string): string => {
  const lower = name.toLowerCase()
  // Plain names go by RFC 5321 alone: the URL rules would read `127.1` or `0x7f.1` as an IPv4 address.
  if (/^\p{ASCII}*$/u.test(name) && !/(^|\.)xn--/.test(lower)) return lower
  const ascii = domainToASCII(name)
  return domainToASCII(domainToUnicode(ascii)) === ascii && domainCharacters.test(domainToUnicode(ascii))
    ? ascii
    : ""
}
