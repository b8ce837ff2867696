import { inflateRawSync } from "node:zlib"

export interface ZipEntry {
  readonly name: string
  readonly bytes: Buffer
}

/** What is in a zip file, by its central directory (APPNOTE 4.3.12), as programs that unpack read it. */
export const zipEntries = (zip: Buffer): ReadonlyArray<ZipEntry> => {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"))
  const entries: Array<ZipEntry> = []
  let at = zip.readUInt32LE(end + 16)
  for (let n = zip.readUInt16LE(end + 10); n > 0; n--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      zip.readUInt16LE(at + offset)
    )
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const packed = zip.subarray(start, start + zip.readUInt32LE(at + 20))
    entries.push({
      name: zip.toString("utf8", at + 46, at + 46 + (nameLength ?? 0)),
      bytes: zip.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed)
    })
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0)
  }
  return entries
}
