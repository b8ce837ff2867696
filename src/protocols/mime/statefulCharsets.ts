import { decode } from "iconv-lite"

const TILDE = 0x7e

/** Escape sequences of ISO-2022-JP (RFC 1468, RFC 1554): bytes after ESC, and what follows. */
const escapes: ReadonlyArray<readonly [sequence: string, mode: "ascii" | "double" | "kana"]> = [
  ["(B", "ascii"],
  ["(J", "ascii"],
  ["(I", "kana"],
  ["$@", "double"],
  ["$B", "double"],
  ["$(D", "ascii"]
]

const escapeAt = (bytes: Buffer, at: number) =>
  escapes.find(([bytesAfter]) => bytes.toString("latin1", at, at + bytesAfter.length) === bytesAfter)

/**
 * iconv-lite has no ISO-2022-JP. Its double-byte mode is EUC-JP without the high bits, so the bytes are
 * shifted there (JIS X 0208 and half-width kana) and decoded as EUC-JP.
 */
export const decodeIso2022Jp = (bytes: Buffer): string => {
  const euc = Buffer.allocUnsafe(bytes.length * 2)
  let length = 0
  let mode: "ascii" | "double" | "kana" = "ascii"
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    const sequence = byte === 0x1b ? escapeAt(bytes, i + 1) : undefined
    if (sequence !== undefined) {
      mode = sequence[1]
      i += sequence[0].length
    } else if (byte < 0x21 || byte > 0x7e || mode === "ascii") euc[length++] = byte
    else {
      if (mode === "kana") euc[length++] = 0x8e
      euc[length++] = byte | 0x80
    }
  }
  return decode(euc.subarray(0, length), "euc-jp")
}

/** ISO-2022-KR (RFC 1557) is EUC-KR without the high bit between SO and SI. */
export const decodeIso2022Kr = (bytes: Buffer): string => {
  const euc = Buffer.allocUnsafe(bytes.length)
  let length = 0
  let isShifted = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte === 0x0e || byte === 0x0f) isShifted = byte === 0x0e
    else if (byte === 0x1b && bytes.toString("latin1", i + 1, i + 4) === "$)C") i += 3
    else euc[length++] = isShifted && byte > 0x20 ? byte | 0x80 : byte
  }
  return decode(euc.subarray(0, length), "cp949")
}

/** The character after a tilde, "" elsewhere. */
const tildeMark = (bytes: Buffer, at: number): string =>
  bytes[at] === TILDE ? bytes.toString("latin1", at + 1, at + 2) : ""

/** HZ (RFC 1843) is GB2312 without the high bit between `~{` and `~}`; `~~` is a tilde, `~` at a line end nothing. */
export const decodeHz = (bytes: Buffer): string => {
  const gb = Buffer.allocUnsafe(bytes.length)
  let length = 0
  let shift = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    const mark = tildeMark(bytes, i)
    if (mark === "{") shift = 0x80
    else if (mark === "}") shift = 0
    else if (mark !== "\n") gb[length++] = byte > 0x20 ? byte | shift : byte
    if (mark !== "" && "{}~\n".includes(mark)) i++
  }
  return decode(gb.subarray(0, length), "gb18030")
}
