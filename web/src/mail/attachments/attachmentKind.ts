import type { AttachmentRow } from "../../../../src/protocols/owa/OwaAnswers.ts"

export type AttachmentKind =
  | "picture"
  | "text"
  | "pdf"
  | "document"
  | "table"
  | "slides"
  | "archive"
  | "sound"
  | "film"
  | "appointment"
  | "message"
  | "page"
  | "program"
  | "file"

const byEnding: ReadonlyArray<readonly [AttachmentKind, RegExp]> = [
  // First, since the name decides what happens when somebody opens the saved file.
  [
    "program",
    /\.(?:apk|app|bat|cmd|com|cpl|dll|dmg|exe|hta|img|iso|jar|js|jse|lnk|msi|msix|pif|ps1|reg|scr|sh|vb|vbe|vbs|vhdx?|wsf|wsh)$/
  ],
  ["page", /\.(?:html?|mht|mhtml|svg|xhtml|xml)$/],
  ["archive", /\.(?:7z|bz2|gz|rar|tar|tgz|xz|zip|zst)$/],
  ["pdf", /\.pdf$/],
  ["document", /\.(?:docm?|docx|odt|pages|rtf)$/],
  ["table", /\.(?:csv|numbers|ods|xlsb?|xlsm|xlsx)$/],
  ["slides", /\.(?:key|odp|pptm?|pptx)$/],
  ["appointment", /\.ics$/],
  ["message", /\.(?:eml|msg)$/],
  ["picture", /\.(?:avif|bmp|gif|heic|ico|jpe?g|png|tiff?|webp)$/],
  ["sound", /\.(?:aac|flac|m4a|mp3|ogg|opus|wav)$/],
  ["film", /\.(?:avi|mkv|mov|mp4|webm)$/],
  ["text", /\.(?:log|md|txt)$/]
]

const byType: ReadonlyArray<readonly [AttachmentKind, RegExp]> = [
  ["page", /^(?:text\/html|image\/svg\+xml|application\/xhtml\+xml)$/],
  ["picture", /^image\//],
  ["pdf", /^application\/pdf$/],
  ["appointment", /^text\/calendar$/],
  ["text", /^text\//],
  ["message", /^message\//],
  ["sound", /^audio\//],
  ["film", /^video\//],
  ["archive", /^application\/(?:gzip|zip|x-7z-compressed|x-tar|vnd\.rar)$/]
]

const first = (of: ReadonlyArray<readonly [AttachmentKind, RegExp]>, text: string) =>
  of.find(([, pattern]) => pattern.test(text))?.[0]

/** What a file is to people: by the ending that it is saved with, else by what its sender says. */
export const attachmentKind = ({ name, type }: Pick<AttachmentRow, "name" | "type">): AttachmentKind =>
  first(byEnding, name.toLowerCase().replace(/[. ]+$/, "")) ?? first(byType, type) ?? "file"

/** Larger ones are for programs to open; the server has a limit of its own. */
const maxShownBytes = 25 * 1024 * 1024
const pictures = /^image\/(?:avif|bmp|gif|jpe?g|png|webp)$/

/** Whether it can be looked at here. Whether it is what it says, the server finds out. */
export const preview = ({
  name,
  type,
  sizeBytes
}: Pick<AttachmentRow, "name" | "type" | "sizeBytes">): "picture" | "text" | null => {
  if (sizeBytes > maxShownBytes) return null
  if (type === "text/plain") return "text"
  const isPicture = pictures.test(type) || attachmentKind({ name, type }) === "picture"
  return isPicture ? "picture" : null
}
