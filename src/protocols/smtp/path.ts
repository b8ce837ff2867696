/** `MAIL FROM:<path> params` or `RCPT TO:<path> params`, read (RFC 5321 4.1.2, RFC 6531 3.3). */
export interface PathCommand {
  /** Without brackets and source route, otherwise as the client wrote it; "" for `<>`. */
  readonly address: string
  /** By upper-case keyword; true for a keyword without a value. Null where there are none. */
  readonly parameters: ReadonlyMap<string, string | true>
  /** A keyword that stands twice. */
  readonly duplicate: string | null
}

/** RFC 5321 4.5.3.1.3: a path is at most 256 octets with its brackets. */
const maxAddressBytes = 254

/** Reads the command line, decoded as UTF-8; null = malformed. Work is linear in the length of the line. */
export const parsePathCommand = (verb: "MAIL FROM" | "RCPT TO", line: string): PathCommand | null => {
  if (line.slice(0, verb.length).toUpperCase() !== verb) return null
  const rest = line.slice(verb.length).trim()
  // The space after the colon is wrong and common.
  if (!rest.startsWith(":")) return null
  const text = rest.slice(1).trimStart()
  const end = closingBracket(text)
  if (end === -1) return null
  const address = withoutSourceRoute(text.slice(1, end))
  if (address === null || !isAddress(address)) return null
  const parameters = parseParameters(text.slice(end + 1))
  return parameters === null ? null : { address, ...parameters }
}

const closingBracket = (text: string): number => {
  if (!text.startsWith("<")) return -1
  let isQuoted = false
  for (let at = 1; at < text.length; at++) {
    const character = text[at]
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted && character === "\\") at++
    else if (!isQuoted && character === ">") return at
  }
  return -1
}

/** RFC 5321 4.1.2: `@relay,@other:` before the mailbox is read and ignored. */
const withoutSourceRoute = (path: string): string | null => {
  if (!path.startsWith("@")) return path
  const colon = path.indexOf(":")
  return colon === -1 || !/^[^\s<>"]+$/.test(path.slice(0, colon)) ? null : path.slice(colon + 1)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what an address must not hold
const atoms = /^[^\x00-\x20\x7f-\x9f\u2028\u2029()<>[\]:;@\\,"]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const quoted = /^"(?:[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029]|\\[\x20-\x7e])*"$/
const domainName = /^[A-Za-z0-9_\u00a0-\u{10ffff}-]+(?:\.[A-Za-z0-9_\u00a0-\u{10ffff}-]+)*$/u
const literal = /^\[[A-Za-z0-9.:-]+\]$/

/**
 * What can be a mailbox on the wire, dots at odd places included, since such senders exist. Whether a recipient is
 * one of ours, the directory says.
 */
const isAddress = (address: string): boolean => {
  if (address === "") return true
  if (Buffer.byteLength(address) > maxAddressBytes) return false
  // RFC 5321 4.1.1.3: postmaster alone needs no domain.
  if (address.toLowerCase() === "postmaster") return true
  const at = address.lastIndexOf("@")
  if (at < 1) return false
  const local = address.slice(0, at)
  const domain = address.slice(at + 1)
  return (atoms.test(local) || quoted.test(local)) && (domainName.test(domain) || literal.test(domain))
}

const parseParameters = (text: string): Pick<PathCommand, "parameters" | "duplicate"> | null => {
  const parameters = new Map<string, string | true>()
  let duplicate: string | null = null
  if (text !== "" && !text.startsWith(" ")) return null
  for (const word of text.split(" ")) {
    if (word === "") continue
    const parameter = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\s=]+))?$/.exec(word)
    if (parameter === null) return null
    const keyword = (parameter[1] ?? "").toUpperCase()
    if (parameters.has(keyword)) duplicate = keyword
    parameters.set(keyword, parameter[2] ?? true)
  }
  return { parameters, duplicate }
}
