import type { Part } from "../../../domain/Content.ts"

const utf8 = 65_001

/** Windows code pages of the charsets that mail is written in; `windows-125x` and `iso-8859-x` go by their numbers. */
const codePages: Readonly<Record<string, number>> = {
  "us-ascii": 20_127,
  "koi8-r": 20_866,
  "koi8-u": 21_866,
  "iso-2022-jp": 50_220,
  "iso-2022-kr": 50_225,
  shift_jis: 932,
  "euc-jp": 51_932,
  "euc-kr": 949,
  "ks_c_5601-1987": 949,
  gb2312: 936,
  gbk: 936,
  gb18030: 54_936,
  big5: 950
}

/** `InternetCPID`: the code page that the text was written in, UTF-8 where it does not say (MS-ASEMAIL 2.2.2.40). */
export const codePageOf = (parts: ReadonlyArray<Part>): number => {
  const charset =
    parts.find(({ type, charset }) => type.startsWith("text/") && charset !== null)?.charset ?? ""
  const windows = /^windows-(125[0-8])$/.exec(charset)?.[1]
  if (windows !== undefined) return Number(windows)
  const iso = /^iso-8859-(\d{1,2})$/.exec(charset)?.[1]
  if (iso !== undefined) return 28_590 + Number(iso)
  return Object.hasOwn(codePages, charset) ? (codePages[charset] ?? utf8) : utf8
}
