/** UTF-16 units of a name; file systems take 255 octets, which a name in any script keeps below so. */
const maxLength = 80
const maxEnding = 12

/** Control characters, and those that turn the direction of what follows: `invoice\u202efdp.exe` reads as a PDF. */
const unseen = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu

/** Not allowed in a name by one file system or another. */
const reserved = /[<>:"|?*]/g

/** Devices of Windows, whatever the ending. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i

/**
 * A file name that a stranger chose, as a name alone and never a path: it can be saved on any system, and reads as what it
 * is. "" where nothing is left.
 */
export const safeFileName = (name: string): string => {
  const last = name.replace(unseen, "").split(/[/\\]/).at(-1) ?? ""
  const plain = last
    .replace(reserved, "_")
    .replace(/\s+/g, " ")
    .replace(/^[. ]+|[. ]+$/g, "")
  return shortened(devices.test(plain) ? `_${plain}` : plain)
}

/** Letters are not cut in two, and the ending stays. */
const shortened = (name: string): string => {
  if (name.length <= maxLength) return name
  const [ending = ""] = /\.[^. ]*$/.exec(name) ?? []
  const kept = ending.length <= maxEnding ? ending : ""
  return (
    name
      .slice(0, maxLength - kept.length)
      .replace(/[\ud800-\udbff]$/, "")
      .trimEnd() + kept
  )
}

/** `a.txt`, `a (2).txt` …: each name once, also where file systems do not tell capitals. */
export const distinctFileNames = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return names.map((name) => {
    const dot = name.lastIndexOf(".")
    const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""]
    let distinct = name
    for (let n = 2; taken.has(folded(distinct)); n++) distinct = `${stem} (${n})${ending}`
    taken.add(folded(distinct))
    return distinct
  })
}

const folded = (name: string): string => name.normalize("NFC").toLowerCase()
