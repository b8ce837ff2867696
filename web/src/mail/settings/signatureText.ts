const escapes: ReadonlyArray<readonly [plain: string, escaped: string]> = [
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"]
]

/** A signature as it is kept, of text as it is typed. */
export const signatureHtml = (text: string): string =>
  escapes
    .reduce((html, [plain, escaped]) => html.replaceAll(plain, escaped), text.trimEnd())
    .replaceAll("\n", "<br>")

/** Text as it is typed, of a signature as it is kept; what else is in it is left out. */
export const signatureText = (html: string): string =>
  [...escapes]
    .reverse()
    .reduce(
      (text, [plain, escaped]) => text.replaceAll(escaped, plain),
      html.replaceAll(/<br\s*\/?>/gi, "\n").replaceAll(/<[^>]*>/g, "")
    )
