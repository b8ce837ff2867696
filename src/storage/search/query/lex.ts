import { Either } from "effect"
import { InvalidRequest } from "../../../domain/errors.ts"

export type Token =
  | { readonly _tag: "Open" }
  | { readonly _tag: "Close" }
  | { readonly _tag: "Minus" }
  /** `subject:`, in lower case and without the colon. */
  | { readonly _tag: "Field"; readonly name: string }
  | { readonly _tag: "Text"; readonly text: string; readonly isQuoted: boolean; readonly isPrefix: boolean }

// Telephones write quotation marks in many ways.
const quotes = '"\\u201c-\\u201f'
/** A space; a bracket; a quoted text and its star; a minus before one of these; anything else up to one of these. */
const piece = new RegExp(
  `(?<space>\\s+)|(?<bracket>[()])|[${quotes}](?<quoted>[^${quotes}]*)[${quotes}](?<star>\\*?)|(?<open>[${quotes}])` +
    `|(?<minus>-)(?=[(${quotes}])|(?<run>[^\\s()${quotes}]+)`,
  "g"
)
const named = /^([a-z_]+):/i
/** A star goes with the letters before it; after anything else it is only a character. */
const starred = /[\p{L}\p{N}\p{M}]\*+$/u

const textToken = (text: string, isQuoted: boolean): Token => ({
  _tag: "Text",
  text,
  isQuoted,
  isPrefix: starred.test(text)
})

/** A run without spaces and quotation marks: perhaps a minus, perhaps a field, then text. */
const readRun = (run: string, fields: ReadonlySet<string>): ReadonlyArray<Token> => {
  const positive = run.replace(/^-+/, "")
  if (positive !== run && positive !== "") return [{ _tag: "Minus" }, ...readRun(positive, fields)]
  const name = named.exec(run)?.[1]?.toLowerCase()
  if (name === undefined || !fields.has(name)) return [textToken(run, false)]
  const value = run.slice(name.length + 1)
  const field: Token = { _tag: "Field", name }
  return value === "" ? [field] : [field, textToken(value, false)]
}

const readPiece = (
  groups: Readonly<Record<string, string | undefined>>,
  fields: ReadonlySet<string>
): ReadonlyArray<Token> => {
  const { bracket, quoted, star = "", minus, run } = groups
  if (bracket !== undefined) return [{ _tag: bracket === "(" ? "Open" : "Close" }]
  if (quoted !== undefined) return [textToken(quoted + star, true)]
  if (minus !== undefined) return [{ _tag: "Minus" }]
  return run === undefined ? [] : readRun(run, fields)
}

/** Takes a query apart. `fields`: names before a colon that mean something; other colons are part of the text. */
export const lex = (
  query: string,
  fields: ReadonlySet<string>
): Either.Either<ReadonlyArray<Token>, InvalidRequest> => {
  const pieces = [...query.matchAll(piece)].map(({ groups = {} }) => groups)
  return pieces.some((groups) => groups["open"] !== undefined)
    ? Either.left(new InvalidRequest({ message: "A quotation mark is not closed." }))
    : Either.right(pieces.flatMap((groups) => readPiece(groups, fields)))
}
