const encoder = new TextEncoder()

/** The longest beginning of at most `maxBytes` octets of UTF-8 that ends between two characters. */
export const cutToBytes = (text: string, maxBytes: number): string => {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text
  return text.slice(0, encoder.encodeInto(text, new Uint8Array(maxBytes)).read)
}

/** The longest beginning of at most `maxLength` characters, as UTF-16 counts them, that does not split a pair. */
export const cutToLength = (text: string, maxLength: number): string => {
  const cut = text.slice(0, maxLength)
  return /[\ud800-\udbff]$/.test(cut) && cut.length < text.length ? cut.slice(0, -1) : cut
}

/** MS-ASDTYPE 2.3, with milliseconds as Exchange writes them. */
export const dateTime = (millis: number): string => new Date(millis).toISOString()
