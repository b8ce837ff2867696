/** Octets that `imageType` must see: all of a smaller picture will do. */
export const sniffedBytes = 16

/** Names of the ISO base media format (ISO/IEC 23008-12) under which browsers know AVIF. */
const avifBrands = new Set(["avif", "avis"])

/**
 * What a picture is by its first octets, whatever its server calls it (WHATWG MIME Sniffing 6.1); null = none that is
 * shown. SVG is a document, with scripts and addresses of its own: it is none.
 */
export const imageType = (head: Buffer): string | null => {
  const text = head.toString("latin1", 0, sniffedBytes)
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png"
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg"
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "image/gif"
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "image/webp"
  if (text.slice(4, 8) === "ftyp" && avifBrands.has(text.slice(8, 12))) return "image/avif"
  if (text.startsWith("BM") && head.length >= sniffedBytes && head.readUInt32LE(6) === 0) return "image/bmp"
  if (text.startsWith("\0\0\x01\0")) return "image/x-icon"
  return null
}
