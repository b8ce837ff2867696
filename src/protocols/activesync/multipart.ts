/**
 * Several parts as one body (MS-ASCMD 2.2.1.10.1.1): their count, offset and length of each, then the parts. Numbers are
 * 32 bits, little endian; offsets count from the beginning of the body.
 */
export const joinParts = (parts: ReadonlyArray<Uint8Array>): Buffer => {
  const head = Buffer.alloc(4 + 8 * parts.length)
  head.writeUInt32LE(parts.length, 0)
  let offset = head.length
  for (const [index, part] of parts.entries()) {
    head.writeUInt32LE(offset, 4 + 8 * index)
    head.writeUInt32LE(part.length, 8 + 8 * index)
    offset += part.length
  }
  return Buffer.concat([head, ...parts], offset)
}
