import { Config, type ConfigError, Duration, Effect, Layer } from "effect"
import { Busy, Unavailable } from "../../../domain/errors.ts"
import { MessageId } from "../../../domain/ids.ts"
import type { MessageSummary } from "../../../domain/Message.ts"
import { monotonicMillis } from "../../../domain/monotonicMillis.ts"
import { setting } from "../../../settings/setting.ts"
import { duration } from "../../../settings/types.ts"
import { type SummaryRow, summaryColumns, toSummary } from "../../mailbox/rows.ts"
import { Postgres, type PostgresError, statement } from "../../postgres.ts"
import { DocumentWriter } from "../document.ts"
import { matches } from "../match.ts"
import { merge, newestFirst } from "../merge.ts"
import { type Hit, Search, type SearchRequest } from "../Search.ts"
import { type CompileInput, compile, compileReach, isNarrowed, type Reach } from "./compile.ts"
import { formsOf } from "./forms.ts"

const SearchConfig = Config.all({
  timeLimit: setting({
    name: "POSTROOM_SEARCH_TIME_LIMIT",
    type: duration,
    default: Duration.seconds(5),
    meaning: "A search that takes longer is given up."
  })
})

const fresh = statement<SummaryRow>({
  name: "search_fresh",
  text: `SELECT ${summaryColumns} FROM mail_state.messages
    WHERE user_id = $1 AND id > COALESCE((SELECT message_id FROM search.indexes WHERE user_id = $1), 0)
    ORDER BY id DESC LIMIT $2`
})

/** Sorts all that a common word finds in memory, and plans no statement longer than it runs. */
const settings = statement({
  name: "search_settings",
  text: `SELECT set_config('statement_timeout', $1, true), set_config('work_mem', '32MB', true),
    set_config('jit', 'off', true)`
})

/** Messages that wait for the index and are looked at meanwhile, the newest ones. */
const maxFresh = 500

interface FoundRow {
  readonly message_id: number
  readonly at: number
}

const toHit = ({ message_id, at }: FoundRow): Hit => ({ messageId: MessageId(message_id), receivedAt: at })

/** Times as far back goes the second look, where the first one found some. */
const farther = 20

const failure = (cause: PostgresError): Busy | Unavailable =>
  cause._tag === "PostgresUnavailable" && cause.reason === "timeout"
    ? new Busy({ retryAfterMillis: 5_000 })
    : new Unavailable({ what: "storage", cause })

/** What is known of a message before its text was read. */
const freshDocument = (message: MessageSummary) => {
  const writer = new DocumentWriter({ ...message, fileNames: [] })
  writer.add(message.preview)
  return writer.finish()
}

/** Of mail that the index does not have yet: what its row says. */
const freshHits = (
  messages: ReadonlyArray<MessageSummary>,
  { query, folderIds, after, beyond }: SearchRequest
): ReadonlyArray<Hit> =>
  messages
    .filter((message) => folderIds === null || folderIds.includes(message.folderId))
    .filter((message) => beyond === undefined || message.id > beyond)
    .map((message) => ({ message, hit: { messageId: message.id, receivedAt: message.receivedAt } }))
    .filter(({ hit }) => after === null || newestFirst(hit, after) > 0)
    .filter(({ message }) => matches(query, message, freshDocument(message)))
    .map(({ hit }) => hit)

/** Full text in Postgres. `newest`: so many messages are looked through before all others. */
export const layerWith = ({
  newest
}: {
  readonly newest: number
}): Layer.Layer<Search, ConfigError.ConfigError, Postgres> =>
  Layer.effect(
    Search,
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const { timeLimit } = yield* SearchConfig

      const rowsOf = <Row>({ text, values }: ReturnType<typeof compile>) =>
        postgres.query(statement<Row>({ text }), values)

      const within = (input: CompileInput, reach: Reach) =>
        Effect.map(rowsOf<FoundRow>(compile(input, reach)), (rows) => rows.map(toHit))

      /** What is left of the time; the server stops at its end. */
      const allow = (until: number) =>
        Effect.flatMap(monotonicMillis, (now) =>
          postgres.query(settings, [String(Math.max(1, Math.round(until - now)))])
        )

      /**
       * A page of the newest messages, or of about so many more that it should be full; null where it is not, or all of
       * the mailbox is near.
       */
      const nearPage = Effect.fnUntraced(function* (input: CompileInput, until: number) {
        const [edge] = yield* rowsOf<FoundRow & { readonly newest: number }>(compileReach(input, newest))
        if (edge === undefined) return null
        const near = yield* within(input, toHit(edge))
        if (near.length === input.limit) return near
        if (!isNarrowed(input.query) || near.length * farther < input.limit) return null
        yield* allow(until)
        const receivedAt = edge.newest - farther * (edge.newest - edge.at)
        const far = yield* within(input, { receivedAt, messageId: MessageId(0) })
        return far.length === input.limit ? far : null
      })

      /** A page of what the index has: whatever is common is found among the newest, without a look at all of it. */
      const page = Effect.fnUntraced(function* (input: CompileInput) {
        const until = (yield* monotonicMillis) + Duration.toMillis(timeLimit)
        yield* allow(until)
        // Of newer mail alone there is little.
        const near = input.beyond === undefined ? yield* nearPage(input, until) : null
        if (near !== null) return near
        yield* allow(until)
        return yield* within(input, "all")
      })

      return Search.of({
        search: (mailboxId, request) =>
          Effect.gen(function* () {
            // First what is not in the index, then the index: what goes over meanwhile is in both.
            const waiting = yield* postgres.query(fresh, [mailboxId, maxFresh + 1])
            const unindexed = waiting.slice(0, maxFresh).map(toSummary)
            const forms = yield* formsOf(postgres, mailboxId, request.query)
            const indexed = yield* postgres.transaction(page({ mailboxId, forms, ...request }))
            return {
              hits: merge(indexed, freshHits(unindexed, request), request.limit),
              isComplete: waiting.length <= maxFresh,
              isDegraded: false
            }
          }).pipe(Effect.mapError(failure))
      })
    })
  )

export const layer = layerWith({ newest: 2_000 })
