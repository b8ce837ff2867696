import { isAscii, isUtf8 } from "node:buffer"
import { decode, encodingExists } from "iconv-lite"
import { decodeHz, decodeIso2022Jp, decodeIso2022Kr } from "./statefulCharsets.ts"

/** Names seen in mail that iconv-lite does not know, and those that are read as a superset (WHATWG Encoding 4.2). */
const aliases: Readonly<Record<string, string>> = {
  "": "utf-8",
  "us-ascii": "utf-8",
  ascii: "utf-8",
  "ansi_x3.4-1968": "utf-8",
  "x-unknown": "utf-8",
  unknown: "utf-8",
  "unknown-8bit": "utf-8",
  utf8: "utf-8",
  "unicode-1-1-utf-8": "utf-8",
  "iso-8859-1": "windows-1252",
  latin1: "windows-1252",
  "iso-8859-8-i": "windows-1255",
  "iso-8859-8-e": "windows-1255",
  "iso-8859-9": "windows-1254",
  "iso-8859-11": "windows-874",
  "tis-620": "windows-874",
  "ks_c_5601-1987": "cp949",
  ks_c_5601: "cp949",
  ksc5601: "cp949",
  "euc-kr": "cp949",
  gb2312: "gb18030",
  "gb2312-80": "gb18030",
  gbk: "gb18030",
  "x-gbk": "gb18030",
  "x-sjis": "shift_jis",
  "cp-850": "cp850",
  macintosh: "macintosh",
  "x-mac-roman": "macintosh",
  "iso-2022-jp-1": "iso-2022-jp",
  "iso-2022-jp-2": "iso-2022-jp",
  "iso-2022-jp-ms": "iso-2022-jp",
  "x-euc-jp": "euc-jp",
  "utf-16": "utf-16",
  "hz-gb-2312": "hz"
}

const normalized = (charset: string): string => {
  const name = charset.trim().toLowerCase()
  const alias = Object.hasOwn(aliases, name) ? aliases[name] : undefined
  return alias ?? name.replace(/^(?:win|windows)[-_]?(125\d)$/, "windows-$1").replace(/^cp-/, "cp")
}

const stateful: Readonly<Record<string, (bytes: Buffer) => string>> = {
  "iso-2022-jp": decodeIso2022Jp,
  "iso-2022-kr": decodeIso2022Kr,
  hz: decodeHz
}

/** Without a last UTF-8 character that a limit cut in two. */
const completeUtf8 = (bytes: Buffer): Buffer => {
  let last = bytes.length - 1
  while (last > bytes.length - 4 && ((bytes[last] ?? 0) & 0xc0) === 0x80) last--
  return (bytes[last] ?? 0) >= 0xc0 ? bytes.subarray(0, last) : bytes
}

/** UTF-8 when it is valid, else the Western superset: the best guess for text that does not say, or says wrong. */
export const decodeUnlabelled = (bytes: Buffer): string => {
  if (isAscii(bytes)) return bytes.toString("latin1")
  if (isUtf8(bytes)) return bytes.toString("utf8")
  const complete = completeUtf8(bytes)
  const isCut = !isAscii(complete) && isUtf8(complete)
  return isCut ? complete.toString("utf8") : decode(bytes, "windows-1252")
}

/** A lone surrogate, as damaged UTF-16 gives it, can be stored nowhere; U+FFFD stands for it. */
const wellFormed = (text: string): string =>
  /[\ud800-\udfff]/.test(text) ? Buffer.from(text, "utf8").toString("utf8") : text

/** The usual charsets in which ASCII octets stand for themselves. */
const asciiSupersets = /^(?:windows-|iso-8859-|koi8-|gb18030|big5|euc-|cp949)/

/** Whether text labelled so can be decoded by its label. */
export const isKnownCharset = (charset: string): boolean => {
  const name = normalized(charset)
  return name === "utf-8" || Object.hasOwn(stateful, name) || encodingExists(name)
}

/**
 * Bytes to text by a MIME charset name. Never fails: an unknown name, like US-ASCII with the eighth bit set, is
 * taken as unlabelled. Goes through iconv-lite because Node 20's TextDecoder garbles windows-1252.
 */
export const decodeCharset = (bytes: Buffer, charset: string): string => {
  const name = normalized(charset)
  if (name === "utf-8") {
    const isPlain = charset.toLowerCase().startsWith("utf")
    return isPlain ? bytes.toString("utf8").replace(/^\uFEFF/, "") : decodeUnlabelled(bytes)
  }
  const own = Object.hasOwn(stateful, name) ? stateful[name] : undefined
  if (own !== undefined) return own(bytes)
  if (!encodingExists(name)) return decodeUnlabelled(bytes)
  const isPlain = asciiSupersets.test(name) && isAscii(bytes)
  return isPlain ? bytes.toString("latin1") : wellFormed(decode(bytes, name))
}
