import { quoted } from "../search/words.ts"

/** One condition in the search language; "" = nothing that could be looked for. */
interface Clause {
  readonly text: string
  /** It must not be. */
  readonly isNot: boolean
}

/** `received>=2026-03-31`, apart. */
interface Restriction {
  readonly operator: string
  readonly value: string
}

type Property = (restriction: Restriction) => Clause

const is = (text: string): Clause => ({ text, isNot: false })

/** The words in any of these fields. */
const inFields =
  (...fields: ReadonlyArray<string>): Property =>
  ({ operator, value }) => {
    const words = quoted(value)
    const each = fields.map((field) => `${field}:${words}`)
    const text = each.length > 1 ? `(${each.join(" OR ")})` : each.join("")
    return { text: words === "" ? "" : text, isNot: operator === "<>" }
  }

/** A property that is there or not. */
const state =
  (text: string): Property =>
  ({ operator, value }) => ({ text, isNot: /^(true|yes|1)$/i.test(value) === (operator === "<>") })

/** Days, months and years; what is none of them is refused by the search language, as are other values there. */
const received: Property = ({ operator, value }) => {
  const [, from, to] = /^(.+)\.\.(.+)$/.exec(value) ?? []
  if (from !== undefined && to !== undefined) return is(`(after:"${from}" (before:"${to}" OR on:"${to}"))`)
  const on = `on:"${value}"`
  switch (operator) {
    case ">":
      return is(`(after:"${value}" -${on})`)
    case ">=":
      return is(`after:"${value}"`)
    case "<":
      return is(`before:"${value}"`)
    case "<=":
      return is(`(before:"${value}" OR ${on})`)
    default:
      return { text: on, isNot: operator === "<>" }
  }
}

/** Property restrictions that are understood; any other is text like the rest. */
const properties: Readonly<Record<string, Property>> = {
  from: inFields("from"),
  to: inFields("to"),
  cc: inFields("cc"),
  bcc: inFields("bcc"),
  subject: inFields("subject"),
  attachment: inFields("attachment"),
  participants: inFields("from", "to", "cc", "bcc"),
  recipients: inFields("to", "cc", "bcc"),
  body: ({ operator, value }) => ({ text: quoted(value), isNot: operator === "<>" }),
  category: ({ operator, value }) => ({ text: `category:"${value}"`, isNot: operator === "<>" }),
  hasattachment: state("has:attachment"),
  hasattachments: state("has:attachment"),
  isread: state("is:read"),
  isflagged: state("is:flagged"),
  received,
  date: received
}

const names = Object.keys(properties).join("|")
const piece = new RegExp(
  `(?<bracket>[()])|(?<sign>[+-])(?=[^\\s+-])|(?<name>${names})(?<operator>:|=|<>|<=|>=|<|>)(?:"(?<quotedValue>[^"]+)"\\*?|(?<value>[^\\s()"]+))` +
    `|"(?<phrase>[^"]*)"(?<star>\\*?)|(?<word>[^\\s()"]+)`,
  "gi"
)

type Pieces = Readonly<Record<string, string | undefined>>

/** Writes clauses side by side, each with the operators that stood before it. */
class Writer {
  readonly #out: Array<string> = []
  #isNot = false
  #isOr = false

  get text(): string {
    return this.#out.join(" ")
  }

  not(): void {
    this.#isNot = !this.#isNot
  }

  or(): void {
    const last = this.#out.at(-1)
    this.#isOr = last !== undefined && !last.endsWith("(")
  }

  open(): void {
    this.clause(is("("))
  }

  close(): void {
    this.#out.push(")")
    this.#isNot = this.#isOr = false
  }

  clause({ text, isNot }: Clause): void {
    if (text !== "") {
      if (this.#isOr) this.#out.push("OR")
      this.#out.push(isNot === this.#isNot ? text : `-${text}`)
    }
    this.#isNot = this.#isOr = false
  }
}

/**
 * Keyword Query Language (MS-KQL, MS-ASCMD_R6659100910 ff.) in the search language: words, phrases, beginnings*, the properties
 * above, AND, OR, NOT, + and -, brackets. OR binds closer than AND, as in the search language. Whatever else stands in the
 * text is text; "" where nothing is left.
 */
export const fromKql = (kql: string): string => {
  const writer = new Writer()
  for (const { groups = {} } of kql.replace(/[\u201c-\u201f]/g, '"').matchAll(piece)) write(writer, groups)
  return writer.text
}

/** Upper case, as KQL wants it; a sign is the same with one letter. */
const operators = new Map<string, (writer: Writer) => void>([
  ["(", (writer) => writer.open()],
  [")", (writer) => writer.close()],
  ["OR", (writer) => writer.or()],
  ["NOT", (writer) => writer.not()],
  ["AND", () => undefined]
])

const signs: Readonly<Record<string, string>> = { "-": "NOT", "+": "AND" }

const write = (writer: Writer, pieces: Pieces): void => {
  const { bracket, sign, word } = pieces
  const operator = bracket ?? (sign === undefined ? word : signs[sign])
  const carryOut = operator === undefined ? undefined : operators.get(operator)
  if (carryOut === undefined) writer.clause(clauseOf(pieces))
  else carryOut(writer)
}

const clauseOf = ({ name, operator = ":", quotedValue, value, phrase, star, word }: Pieces): Clause => {
  const property = name === undefined ? undefined : properties[name.toLowerCase()]
  if (property !== undefined) return property({ operator, value: quotedValue ?? value ?? "" })
  return is(phrase === undefined ? quoted(word ?? "") : quoted(phrase, { isPrefix: star === "*" }))
}
