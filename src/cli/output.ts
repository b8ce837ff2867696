import { Console, Effect, Stream } from "effect"
import { pages, type RpcClientError } from "../rpc/client.ts"

export type Format = "table" | "json"

/** A value of a row as people and programs see it. */
export type Cell = string | number | boolean | null | ReadonlyArray<string>
export type Row = Readonly<Record<string, Cell>>

/** Control, invisible and direction-changing characters would let a subject line drive the terminal. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, " ")

const shown = (cell: Cell): string => {
  if (cell === null) return "-"
  if (typeof cell === "boolean") return cell ? "yes" : "no"
  return printable(typeof cell === "object" ? cell.join(" ") : String(cell))
}

const heading = (name: string) => name.replace(/([A-Z])/g, " $1").toUpperCase()

/** Columns of equal width; numbers stand at their right edge. */
export const table = (rows: ReadonlyArray<Row>): string => {
  const names = Object.keys(rows[0] ?? {})
  const columns = names.map((name) => {
    const cells = rows.map((row) => shown(row[name] ?? null))
    const width = Math.max(heading(name).length, ...cells.map((cell) => cell.length))
    const isNumber = rows.every((row) => typeof row[name] === "number")
    const pad = (text: string) => (isNumber ? text.padStart(width) : text.padEnd(width))
    return [heading(name), ...cells].map(pad)
  })
  return [...Array(rows.length + 1).keys()]
    .map((line) =>
      columns
        .map((column) => column[line] ?? "")
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

/** A list: a table, or one JSON array. */
export const printRows = (format: Format, rows: ReadonlyArray<Row>): Effect.Effect<void> => {
  if (format === "json") return Console.log(JSON.stringify(rows, null, 2))
  return Console.log(rows.length === 0 ? "(none)" : table(rows))
}

/** The same of a stream, which is read to its end. */
export const printAll = <E, R>(format: Format, rows: Stream.Stream<Row, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(Stream.runCollect(rows), (all) => printRows(format, [...all]))

/** The same of a method that answers in pages. */
export const printPages = <Response extends { readonly nextPageToken: string }, A>(
  format: Format,
  read: (pageToken: string) => Effect.Effect<Response, RpcClientError>,
  {
    entries,
    row
  }: { readonly entries: (response: Response) => ReadonlyArray<A>; readonly row: (entry: A) => Row }
): Effect.Effect<void, RpcClientError> => printAll(format, Stream.map(pages(read, entries), row))

/** One thing: a line for each field, or one JSON object. */
export const printRow = (format: Format, row: Row): Effect.Effect<void> => {
  if (format === "json") return Console.log(JSON.stringify(row, null, 2))
  const width = Math.max(...Object.keys(row).map((name) => heading(name).length))
  const lines = Object.entries(row).map(([name, cell]) => `${heading(name).padEnd(width + 2)}${shown(cell)}`)
  return Console.log(lines.join("\n"))
}

/** Something happened: a sentence, or one line of JSON for each. */
export const printEvent = (format: Format, row: Row, sentence: string): Effect.Effect<void> =>
  Console.log(format === "json" ? JSON.stringify(row) : printable(sentence))
