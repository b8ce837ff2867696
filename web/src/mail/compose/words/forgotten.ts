/** Words by which people say that they attach something, in English and German. */
const said = [
  /\battach(?:ed|ing|ments?)?\b/i,
  /\benclos(?:ed|ing|ures?)\b/i,
  /\b(?:angeh[aä]ngt|angeh(?:ae|ä)ngte\w*|anh(?:ä|ae)nge?n?|anhang|anbei)(?![\p{L}])/iu,
  /\bbei(?:gef(?:ü|ue)gt|liegend|gelegt)\w*/iu,
  /\b(?:in|im|als)\s+(?:der\s+)?anlagen?\b/iu
]

/** True where the text speaks of an attachment. Quotes are not part of it. */
export const speaksOfAttachment = (text: string): boolean =>
  said.some((words) => words.test(withoutQuotes(text)))

const withoutQuotes = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.startsWith(">"))
    .join("\n")
