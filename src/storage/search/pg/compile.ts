import type { MailboxId } from "../../../domain/ids.ts"
import type { SqlValue } from "../../postgres.ts"
import type { Query } from "../query/Query.ts"
import type { Hit, SearchRequest } from "../Search.ts"
import { Compiler, isTelling } from "./Compiler.ts"
import type { Forms } from "./forms.ts"

export interface CompileInput extends SearchRequest {
  readonly mailboxId: MailboxId
  readonly forms: Forms
}

/** How much of a mailbox is looked through: all of it, or what is not older than this. */
export type Reach = "all" | Hit

interface Sql {
  readonly text: string
  readonly values: ReadonlyArray<SqlValue>
}

const order = "found.at DESC, found.message_id DESC"

/** Conditions on when a message came, which need nothing but its place in the order. */
const placedIn = (compiler: Compiler, { query, after, beyond }: CompileInput): ReadonlyArray<string> => [
  ...partsOf(query).flatMap((part) => (part._tag === "Received" ? compiler.received(part) : [])),
  ...(beyond === undefined ? [] : [`found.message_id > ${compiler.bind(beyond)}::bigint`]),
  ...(after === null ? [] : [`${place} < (${boundHit(compiler, after)})`])
]

const place = "(found.at, found.message_id)"
const boundHit = (compiler: Compiler, { receivedAt, messageId }: Hit): string =>
  `${compiler.bind(receivedAt)}::bigint, ${compiler.bind(messageId)}::bigint`

/** Many may be marked: to ask for all of them is worth it only where there is more to look through. */
const isMark = ({ _tag }: Query) => _tag === "Flagged" || _tag === "InCategory"

const partsOf = (query: Query): ReadonlyArray<Query> => (query._tag === "And" ? query.all : [query])
const and = (conditions: ReadonlyArray<string>) => conditions.map((one) => `\n    AND ${one}`).join("")

/** Whether the word index narrows down what may be meant; not where all that is said is what must not be there. */
export const isNarrowed = (query: Query): boolean => {
  switch (query._tag) {
    case "And":
      return query.all.some(isNarrowed)
    case "Or":
      return query.any.every(isNarrowed)
    default:
      return query._tag === "Words"
  }
}

/**
 * The oldest of the newest messages that are worth a look of their own, and when the newest of them came; no row where there
 * are no more than these.
 */
export const compileReach = (input: CompileInput, newest: number): Sql => {
  const compiler = new Compiler(input.mailboxId, input.forms)
  const text = `SELECT found.message_id, found.at, first_value(found.at) OVER (ORDER BY ${order}) AS newest
    FROM search.documents AS found WHERE found.user_id = $1
    ${and(placedIn(compiler, input))} ORDER BY ${order} OFFSET ${compiler.bind(newest)} LIMIT 1`
  return { text, values: compiler.values }
}

/**
 * The statement that finds a page. Where the index can narrow it down, all that it lets through is put in order first and
 * looked at one by one after, until there are enough. Else what is near is walked through by time, and a whole mailbox
 * in the order in which it lies. Either way a row of the index counts only with the message that it is of.
 */
export const compile = (input: CompileInput, reach: Reach): Sql => {
  const compiler = new Compiler(input.mailboxId, input.forms)
  const parts = partsOf(input.query)
  const known = parts.map((part) => ({ part, index: compiler.indexed(part) }))
  const isIndexed = isNarrowed(input.query)
  const open = known
    .filter(({ part, index }) => part._tag !== "Received" && !(isIndexed && index?.isExact === true))
    .map(({ part }) => compiler.condition(part))
  if (input.folderIds !== null) open.push(compiler.inFolders(input.folderIds))
  const times = placedIn(compiler, input)
  const near = reach === "all" ? times : [...times, `${place} >= (${boundHit(compiler, reach)})`]
  const conditions = and(open)
  // A value and not EXISTS: that could become a join with the whole mailbox.
  const stands = `(SELECT true FROM mail_state.messages AS message
    WHERE message.user_id = $1 AND message.id = found.message_id${conditions})`
  const limit = `ORDER BY ${order} LIMIT ${compiler.bind(input.limit)}`

  const narrowed = () => {
    // Selected, so that the planner does not see it: of several words it believes that they are next to never there, and
    // would not look at the time.
    const indexQuery = known.flatMap(({ index }) => index?.text ?? []).join(" & ")
    const likely = parts
      .filter((part) => isTelling(part) && (reach === "all" || !isMark(part)))
      .map((part) => compiler.likely(part))
    return `WITH hits AS MATERIALIZED (
    SELECT found.message_id, found.at FROM search.documents AS found
    WHERE found.user_id = $1
      AND search.lexemes(found.user_id, found.heads, found.words) @@ (SELECT ${compiler.bind(indexQuery)}::tsquery)
      ${and([...near, ...likely])} ORDER BY ${order}
  ) SELECT found.message_id, found.at FROM hits AS found WHERE ${stands} ${limit}`
  }
  const walked = () => `SELECT found.message_id, found.at FROM search.documents AS found
    WHERE ${stands} AND found.user_id = $1 ${and(near)} ${limit}`
  const scanned = () => `SELECT found.message_id, found.at FROM mail_state.messages AS message, LATERAL (
      SELECT message.id AS message_id, (extract(epoch FROM message.received_at) * 1000)::bigint AS at
    ) AS found
    WHERE message.user_id = $1 AND message.id <= (SELECT message_id FROM search.indexes WHERE user_id = $1)
      ${conditions} ${and(times)} ${limit}`
  const text = isIndexed ? narrowed() : reach === "all" ? scanned() : walked()
  return { text, values: compiler.values }
}
