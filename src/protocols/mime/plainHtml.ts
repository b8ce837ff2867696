const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

/**
 * Plain text as a piece of HTML: everything escaped, lines and indents kept. Nothing in it can be markup of the sender's,
 * so there is nothing to sanitise.
 */
export const plainToHtml = (text: string): string =>
  text
    .replace(/[&<>"]/g, (char) => entities[char] ?? char)
    .split(/\r\n|\r|\n/)
    .map(keepSpaces)
    .join("<br>\r\n")

/** Spaces that HTML would fold: at the beginning of a line, and all but one inside. */
const keepSpaces = (line: string): string =>
  line
    .replaceAll("\t", "    ")
    .replace(/^ +| {2,}/g, (spaces, at: number) =>
      at === 0 ? "&nbsp;".repeat(spaces.length) : `${"&nbsp;".repeat(spaces.length - 1)} `
    )
