/** System flags of RFC 9051 2.3.2 and registered keywords, as they stand in `messages.flags`. */
export type Flag =
  | "\\Seen"
  | "\\Answered"
  | "\\Flagged"
  | "\\Draft"
  | "$Forwarded"
  | "$MDNSent"
  | "$Junk"
  | "$NotJunk"
  | "$Phishing"

const known: ReadonlySet<string> = new Set<Flag>([
  "\\Seen",
  "\\Answered",
  "\\Flagged",
  "\\Draft",
  "$Forwarded",
  "$MDNSent",
  "$Junk",
  "$NotJunk",
  "$Phishing"
])

export const isFlag = (text: string): text is Flag => known.has(text)

/** A sorted set without duplicates; two equal sets are equal lists. */
export const normalise = <A extends string>(values: Iterable<A>): ReadonlyArray<A> =>
  [...new Set(values)].sort()

/** `add` and `remove` applied to a set; a value in both is removed. */
export const edit = <A extends string>(
  values: ReadonlyArray<A>,
  change: { readonly add: ReadonlyArray<A>; readonly remove: ReadonlyArray<A> }
): ReadonlyArray<A> => {
  const next = new Set([...values, ...change.add])
  for (const value of change.remove) next.delete(value)
  return normalise(next)
}

export const sameSet = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index])

export const isSeen = (flags: ReadonlyArray<Flag>): boolean => flags.includes("\\Seen")

/** Colour labels that people make up; case is kept, length 1–255 (MS-ASEMAIL 2.2.2.16.1.1). */
export type Category = string
export const maxCategoryLength = 255
/** Of one message (MS-ASEMAIL 2.2.2.16). */
export const maxCategories = 300
/** Of all categories of a message together, so that a bulk change stays a bounded write. */
export const maxCategoryCharacters = 4096

/** No control characters (XML 1.0 cannot carry them), lone surrogates or line separators. */
export const isCategory = (text: string): boolean =>
  text.length > 0 && text.length <= maxCategoryLength && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)
