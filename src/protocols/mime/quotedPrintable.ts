const hex = "0123456789ABCDEF"
const maxLine = 76
const CR = 0x0d
const LF = 0x0a

/**
 * Quoted-printable (RFC 2045 6.7). Line ends of text stay line ends; those of other content are octets like all others, so
 * that they come back as they were.
 */
export const quotedPrintable = (bytes: Uint8Array, { isText }: { readonly isText: boolean }): string => {
  const lines: Array<string> = []
  let line = ""
  for (const [index, byte] of bytes.entries()) {
    if (isText && (byte === LF || byte === CR)) {
      if (byte === CR && bytes[index + 1] === LF) continue
      lines.push(endOfLine(line))
      line = ""
      continue
    }
    const token = isPlain(byte) ? String.fromCharCode(byte) : escaped(byte)
    if (line.length + token.length >= maxLine) {
      lines.push(`${line}=`)
      line = ""
    }
    line += token
  }
  return [...lines, endOfLine(line)].join("\r\n")
}

const escaped = (byte: number): string => `=${hex[byte >> 4]}${hex[byte & 15]}`

const isPlain = (byte: number): boolean => (byte >= 0x20 && byte <= 0x7e && byte !== 0x3d) || byte === 0x09

/** White space at the end of a line would be lost on the way. */
const endOfLine = (line: string): string => {
  const last = line.at(-1)
  return last === " " || last === "\t" ? `${line.slice(0, -1)}${escaped(last.charCodeAt(0))}` : line
}
