import { Either } from "effect"
import { InvalidRequest } from "../../../domain/errors.ts"
import type { Flag } from "../../../domain/Flags.ts"
import type { Folder, FolderRole } from "../../../domain/Folder.ts"
import { foldedWords } from "../words.ts"
import type { Filter, Query } from "./Query.ts"

/** What the words of a query are understood by. */
export interface QueryContext {
  /** Epoch milliseconds. */
  readonly now: number
  /** The folders that the caller may see. */
  readonly folders: ReadonlyArray<Folder>
}

type Parsed = Either.Either<Query, InvalidRequest>

const refuse = (message: string): Parsed => Either.left(new InvalidRequest({ message }))
const flagged = (flag: Flag): Query => ({ _tag: "Flagged", flag })
const not = (query: Query): Query => ({ _tag: "Not", query })

const states: Readonly<Record<string, Query>> = {
  read: flagged("\\Seen"),
  unread: not(flagged("\\Seen")),
  flagged: flagged("\\Flagged"),
  starred: flagged("\\Flagged"),
  unflagged: not(flagged("\\Flagged")),
  answered: flagged("\\Answered"),
  replied: flagged("\\Answered"),
  unanswered: not(flagged("\\Answered")),
  forwarded: flagged("$Forwarded"),
  draft: flagged("\\Draft"),
  junk: flagged("$Junk")
}

const oneOf = (names: Iterable<string>) => [...names].join(", ")

const is = (value: string): Parsed => {
  const name = value.toLowerCase()
  const state = Object.hasOwn(states, name) ? states[name] : undefined
  return state === undefined
    ? refuse(`After is: comes one of ${oneOf(Object.keys(states))}.`)
    : Either.right(state)
}

const has = (value: string): Parsed =>
  /^attachments?$/i.test(value)
    ? Either.right({ _tag: "WithAttachment" })
    : refuse("After has: comes attachment.")

const roleNames: Readonly<Record<string, FolderRole>> = {
  inbox: "inbox",
  drafts: "drafts",
  sent: "sent",
  trash: "deleted",
  deleted: "deleted",
  bin: "deleted",
  junk: "junk",
  spam: "junk",
  archive: "archive",
  outbox: "outbox"
}

/** `a/b` for a folder b in a folder a; a loop, which cannot be, would end. */
const pathOf = (folder: Folder, byId: ReadonlyMap<number, Folder>, depth = 0): string => {
  const parent = folder.parentId === null || depth > 50 ? undefined : byId.get(folder.parentId)
  return parent === undefined ? folder.name : `${pathOf(parent, byId, depth + 1)}/${folder.name}`
}

/** Compared as text is: without case and accents. */
const sameName = (a: string, b: string): boolean =>
  a.normalize().toLowerCase() === b.normalize().toLowerCase() ||
  (foldedWords(a).length > 0 && foldedWords(a).join(" ") === foldedWords(b).join(" "))

const inFolder = (value: string, { folders }: QueryContext): Parsed => {
  const role = roleNames[value.toLowerCase()]
  const byId = new Map(folders.map((folder) => [Number(folder.id), folder]))
  const folderIds = folders
    .filter(
      (folder) =>
        folder.role === role || sameName(folder.name, value) || sameName(pathOf(folder, byId), value)
    )
    .map(({ id }) => id)
  return folderIds.length === 0
    ? refuse("There is no folder of the name that comes after in:.")
    : Either.right({ _tag: "InFolder", folderIds })
}

const day = 24 * 60 * 60 * 1000

/** As programs write moments: `2026-03-31T09:30:00.000Z`. */
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/i

/** A day, month or year in UTC, or a millisecond; undefined where there is none of that name. */
const period = (
  value: string,
  now: number
): { readonly from: number; readonly until: number } | undefined => {
  const today = Math.floor(now / day) * day
  if (value.toLowerCase() === "today") return { from: today, until: today + day }
  if (value.toLowerCase() === "yesterday") return { from: today - day, until: today }
  if (instant.test(value)) return momentAt(Date.parse(value))
  const [, year, month, date] = /^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?$/.exec(value) ?? []
  if (year === undefined || Number(year) < 1970) return undefined
  const at = (y: number, m: number, d: number) => Date.UTC(y, m - 1, d)
  const [y, m, d] = [Number(year), Number(month ?? 1), Number(date ?? 1)]
  const from = at(y, m, d)
  const asked = new Date(from)
  if (asked.getUTCMonth() !== m - 1 || asked.getUTCDate() !== d) return undefined
  if (date !== undefined) return { from, until: from + day }
  return { from, until: month === undefined ? at(y + 1, 1, 1) : at(y, m + 1, 1) }
}

const momentAt = (millis: number) => (millis >= 0 ? { from: millis, until: millis + 1 } : undefined)

const received = (from: number | null, until: number | null): Filter => ({ _tag: "Received", from, until })

const dated =
  (name: string, bounds: (period: { readonly from: number; readonly until: number }) => Filter) =>
  (value: string, { now }: QueryContext): Parsed => {
    const found = period(value, now)
    return found === undefined
      ? refuse(`After ${name}: comes a date, as in 2026-03-31, 2026-03 or 2026.`)
      : Either.right(bounds(found))
  }

const spans: Readonly<Record<string, number>> = { d: day, w: 7 * day, m: 30 * day, y: 365 * day }

const aged =
  (name: string, bounds: (at: number) => Filter) =>
  (value: string, { now }: QueryContext): Parsed => {
    const [, count, unit = ""] = /^(\d{1,5})([dwmy])$/i.exec(value) ?? []
    const span = spans[unit.toLowerCase()]
    return count === undefined || span === undefined
      ? refuse(`After ${name}: comes an age, as in 7d, 2w, 6m or 1y.`)
      : Either.right(bounds(Math.max(0, now - Number(count) * span)))
  }

const units: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

const sized =
  (name: string, filter: (bytes: number) => Filter) =>
  (value: string): Parsed => {
    const [, count, unit = ""] = /^(\d{1,12}(?:\.\d{1,6})?)(b|[kmg]b?)?$/i.exec(value) ?? []
    const factor = units[unit.toLowerCase().charAt(0)]
    return count === undefined || factor === undefined
      ? refuse(`After ${name}: comes a size, as in 500K or 5M.`)
      : Either.right(filter(Math.min(Number.MAX_SAFE_INTEGER, Math.floor(Number(count) * factor))))
  }

const category = (value: string): Parsed =>
  Either.right({ _tag: "InCategory", category: value.toLowerCase() })

const after = (name: string) => dated(name, ({ from }) => received(from, null))
const larger = (name: string) => sized(name, (bytes) => ({ _tag: "Larger", bytes }))

/** What may come before a colon, apart from the fields that hold words, and how its value is read. */
export const filters: Readonly<Record<string, (value: string, context: QueryContext) => Parsed>> = {
  is,
  has,
  in: inFolder,
  folder: inFolder,
  label: category,
  category,
  before: dated("before", ({ from }) => received(null, from)),
  after: after("after"),
  since: after("since"),
  on: dated("on", ({ from, until }) => received(from, until)),
  newer_than: aged("newer_than", (at) => received(at, null)),
  older_than: aged("older_than", (at) => received(null, at)),
  larger: larger("larger"),
  size: larger("size"),
  smaller: sized("smaller", (bytes) => ({ _tag: "Smaller", bytes }))
}
