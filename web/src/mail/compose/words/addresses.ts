import type { Correspondent } from "../../../../../src/protocols/owa/OwaAnswers.ts"

/**
 * Addresses as people type and paste them: `a@b`, `Name <a@b>`, `"Last, First" <a@b>`, divided by commas, semicolons or
 * lines. What is no address stays as it is written (`isAddress` says so), so that nothing typed is lost.
 */
export const readAddresses = (text: string): ReadonlyArray<Correspondent> =>
  divided(text).flatMap((piece) => readOne(piece))

/** Dot-atom or quoted local part and a domain of labels (RFC 5321 4.1.2), also with letters beyond ASCII (RFC 6531). */
export const isAddress = (address: string): boolean => {
  const at = address.lastIndexOf("@")
  if (at < 1 || address.length > 320) return false
  const local = address.slice(0, at)
  const domain = address.slice(at + 1)
  const isLocal = /^"(?:[^"\\\p{Cc}]|\\[\x20-\x7e])+"$/u.test(local) || isDotAtom(local)
  return isLocal && (/^\[[\da-f:.]+\]$/i.test(domain) || isDomain(domain))
}

const isDotAtom = (local: string): boolean =>
  local.split(".").every((atom) => /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+$/u.test(atom))

const isDomain = (domain: string): boolean => {
  const labels = domain.split(".")
  return (
    labels.every((label) =>
      /^[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u.test(label)
    ) && !/^\d+$/.test(labels.at(-1) ?? "")
  )
}

/** As it stands in a list that is copied: what the reader reads back. */
export const writeAddress = ({ name, address }: Correspondent): string => {
  if (name === "" || name === address) return address
  const shown = /[",;<>@()[\]\\:]/.test(name) ? `"${name.replaceAll(/(["\\])/g, "\\$1")}"` : name
  return `${shown} <${address}>`
}

/**
 * Runs of letters, quotes and angles; what divides them is left over. A quote or angle that never ends is a letter: it
 * holds no list together.
 */
const pieces = /(?:"(?:[^"\\]|\\[\s\S])*"|<[^<>]*>|[^,;\r\n\t،、"<]|["<])+/gu

const divided = (text: string): ReadonlyArray<string> => text.match(pieces) ?? []

const readOne = (piece: string): ReadonlyArray<Correspondent> => {
  const text = piece.trim()
  if (text === "") return []
  const angle = /^(.*?)\s*<([^<>]*)>$/s.exec(text)
  if (angle !== null)
    return [{ name: unquoted(angle[1] ?? ""), address: (angle[2] ?? "").trim().replace(/^mailto:/i, "") }]
  const words = text.split(/\s+/)
  // Nothing but addresses: somebody divided them by spaces.
  if (words.length > 1 && words.every(isAddress)) return words.map((address) => ({ name: "", address }))
  const last = words.at(-1) ?? ""
  if (words.length > 1 && isAddress(last))
    return [{ name: unquoted(text.slice(0, -last.length)), address: last }]
  return [{ name: "", address: text.replace(/^mailto:/i, "") }]
}

const unquoted = (name: string): string => {
  const text = name.trim()
  const quoted = /^"(.*)"$/s.exec(text)?.[1] ?? /^'(.*)'$/s.exec(text)?.[1]
  return (quoted ?? text).replaceAll(/\\(.)/g, "$1").trim()
}
