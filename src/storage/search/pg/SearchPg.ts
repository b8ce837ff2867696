import { Config, type ConfigError, Duration, Effect, Layer } from "effect"
import { Busy, Unavailable } from "../../../domain/errors.ts"
import { MessageId } from "../../../domain/ids.ts"
import type { MessageSummary } from "../../../domain/Message.ts"
import { setting } from "../../../settings/setting.ts"
import { duration } from "../../../settings/types.ts"
import { type SummaryRow, summaryColumns, toSummary } from "../../mailbox/rows.ts"
import { Postgres, type PostgresError, statement } from "../../postgres.ts"
import { DocumentWriter } from "../document.ts"
import { matches } from "../match.ts"
import { newestFirst } from "../merge.ts"
import { type Hit, Search, type SearchRequest } from "../Search.ts"
import { compile } from "./compile.ts"
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

const merge = (a: ReadonlyArray<Hit>, b: ReadonlyArray<Hit>, limit: number): ReadonlyArray<Hit> => {
  const known = new Map([...a, ...b].map((hit) => [hit.messageId, hit]))
  return [...known.values()].sort(newestFirst).slice(0, limit)
}

/** Full text in Postgres. */
export const layer: Layer.Layer<Search, ConfigError.ConfigError, Postgres> = Layer.effect(
  Search,
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const { timeLimit } = yield* SearchConfig
    const timeout = String(Math.max(1, Math.round(Duration.toMillis(timeLimit))))

    return Search.of({
      search: (mailboxId, request) =>
        Effect.gen(function* () {
          // First what is not in the index, then the index: what goes over meanwhile is in both.
          const waiting = yield* postgres.query(fresh, [mailboxId, maxFresh + 1])
          const newest = waiting.slice(0, maxFresh).map(toSummary)
          const known = yield* formsOf(postgres, mailboxId, request.query)
          const { text, values } = compile({ mailboxId, forms: known, ...request })
          const rows = yield* postgres.transaction(
            Effect.zipRight(
              postgres.query(settings, [timeout]),
              postgres.query(
                statement<{ readonly message_id: number; readonly at: number }>({ text }),
                values
              )
            )
          )
          const indexed = rows.map(({ message_id, at }) => ({
            messageId: MessageId(message_id),
            receivedAt: at
          }))
          return {
            hits: merge(indexed, freshHits(newest, request), request.limit),
            isComplete: waiting.length <= maxFresh
          }
        }).pipe(Effect.mapError(failure))
    })
  })
)
