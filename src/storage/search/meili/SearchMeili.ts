import { Duration, Effect, Layer, Schema } from "effect"
import { Unavailable } from "../../../domain/errors.ts"
import { type MailboxId, MessageId, TenantId } from "../../../domain/ids.ts"
import { monotonicMillis } from "../../../domain/monotonicMillis.ts"
import { Postgres, type PostgresError, statement } from "../../postgres.ts"
import { merge, newestFirst } from "../merge.ts"
import { type Forms, formsOf } from "../pg/forms.ts"
import { type Found, type Hit, Search, type SearchRequest } from "../Search.ts"
import { MeiliAway, makeMeili } from "./Meili.ts"
import type { MeiliSettings } from "./MeiliConfig.ts"
import { hasNoIndex, indexOf, maxHits } from "./meiliIndex.ts"
import { leavesOf, question } from "./question.ts"
import { recheck } from "./recheck.ts"

const Answer = Schema.Struct({
  results: Schema.Array(
    Schema.Struct({
      hits: Schema.Array(Schema.Struct({ mailbox: Schema.String, message: Schema.Number, at: Schema.Number }))
    })
  )
})

interface CopyRow {
  readonly tenant_id: string
  readonly message_id: number
  /** There is mail that it does not have. */
  readonly is_behind: boolean
}

const copy = statement<CopyRow>({
  name: "search_copy",
  text: `SELECT owner.tenant_id, mirror.message_id, EXISTS (SELECT FROM mail_state.messages AS message
      WHERE message.user_id = $1 AND message.id > mirror.message_id) AS is_behind
    FROM search.mirrors AS mirror JOIN mail_state.users AS owner ON owner.id = mirror.user_id WHERE mirror.user_id = $1`
})

/** After a search that got no answer Postgres is asked at once, for so long. */
const pause = Duration.seconds(5)
/** Pages, each twice as long, that are read to make up for what was not meant after all. */
const maxPages = 5

const nothing: Found = { hits: [], isComplete: true, isDegraded: false }

const unavailable = (cause: PostgresError) => new Unavailable({ what: "storage", cause })

/**
 * Meilisearch in front of another driver. It is asked only for what its copy knows for certain: words and what never
 * changes of a message. What it names counts only where the index says so too. Newer mail, everything else, and every
 * question while it is away go to the driver behind it.
 */
export const layerOver = <E, R>(
  settings: MeiliSettings,
  behind: Layer.Layer<Search, E, R>
): Layer.Layer<Search, E, R | Postgres> =>
  Layer.effect(
    Search,
    Effect.gen(function* () {
      const fallback = yield* Search
      const postgres = yield* Postgres
      const meili = makeMeili(settings)
      let awayUntil = 0

      /** What it names, newest first. */
      const ask = Effect.fnUntraced(function* (
        { mailboxId, tenantId }: { readonly mailboxId: MailboxId; readonly tenantId: TenantId },
        request: SearchRequest,
        forms: Forms
      ) {
        const searches = question(mailboxId, request, forms) ?? []
        const { results } = yield* meili.ask({
          method: "POST",
          path: "/multi-search",
          body: { queries: searches.map((search) => ({ indexUid: indexOf(tenantId), ...search })) },
          answer: Answer,
          deadline: meili.deadline
        })
        const hits = results.flatMap((result) => result.hits)
        // The filter allows for nothing else. Such a server is not to be believed at all.
        if (hits.some(({ mailbox }) => mailbox !== mailboxId))
          return yield* new MeiliAway({ status: 200, code: "mail of another mailbox" })
        const named = new Map(
          hits.map(({ message, at }) => [message, { messageId: MessageId(message), receivedAt: at }])
        )
        return [...named.values()].sort(newestFirst).slice(0, request.limit)
      })

      /** Null where it takes too many pages, or the copy was begun anew meanwhile. */
      const copied = Effect.fnUntraced(function* (
        mailboxId: MailboxId,
        request: SearchRequest,
        { tenant_id, message_id, forms }: CopyRow & { readonly forms: Forms }
      ) {
        const leaves = leavesOf(request.query)
        const hits: Array<Hit> = []
        let after = request.after
        for (let n = 0; n < maxPages; n++) {
          const limit = Math.min(request.limit * 2 ** n, maxHits)
          const named = yield* ask(
            { mailboxId, tenantId: TenantId(tenant_id) },
            { ...request, after, limit },
            forms
          )
          const check = recheck(mailboxId, { ids: named.map(({ messageId }) => messageId), leaves, forms })
          const [row] = yield* postgres.query(check.statement, check.values)
          if (row === undefined || (row.copied ?? 0) < message_id) return null
          const isThere = new Set(row.ids)
          hits.push(...named.filter(({ messageId }) => isThere.has(messageId)))
          if (named.length < limit || hits.length >= request.limit) return hits
          after = named.at(-1) ?? null
        }
        return null
      })

      const behindIt = (mailboxId: MailboxId, request: SearchRequest) => fallback.search(mailboxId, request)

      const inItsPlace = (mailboxId: MailboxId, request: SearchRequest) =>
        Effect.map(behindIt(mailboxId, request), (found): Found => ({ ...found, isDegraded: true }))

      const givenUp = (mailboxId: MailboxId, request: SearchRequest, away: MeiliAway) =>
        Effect.gen(function* () {
          if (!hasNoIndex(away)) awayUntil = (yield* monotonicMillis) + Duration.toMillis(pause)
          yield* Effect.annotateLogs(Effect.logWarning("Meilisearch does not answer; Postgres does"), {
            cause: away.message
          })
          return yield* inItsPlace(mailboxId, request)
        })

      const newerThan = (mailboxId: MailboxId, request: SearchRequest, row: CopyRow) =>
        row.is_behind
          ? behindIt(mailboxId, { ...request, beyond: MessageId(row.message_id) })
          : Effect.succeed(nothing)

      const asked = (mailboxId: MailboxId, request: SearchRequest) =>
        Effect.gen(function* () {
          const [row] = yield* postgres.query(copy, [mailboxId])
          if (row === undefined || row.message_id === 0) return yield* behindIt(mailboxId, request)
          const forms = yield* formsOf(postgres, mailboxId, request.query)
          if (question(mailboxId, request, forms) === null) return yield* behindIt(mailboxId, request)
          // Newer mail first: what is copied meanwhile is in both.
          const newer = yield* newerThan(mailboxId, request, row)
          const hits = yield* copied(mailboxId, request, { ...row, forms })
          if (hits === null) return yield* behindIt(mailboxId, request)
          return { ...newer, hits: merge(newer.hits, hits, request.limit) }
        })

      return Search.of({
        search: (mailboxId, request) =>
          Effect.gen(function* () {
            if (question(mailboxId, request, new Map()) === null) return yield* behindIt(mailboxId, request)
            if ((yield* monotonicMillis) < awayUntil) return yield* inItsPlace(mailboxId, request)
            return yield* asked(mailboxId, request)
          }).pipe(
            Effect.catchTags({
              MeiliAway: (away) => givenUp(mailboxId, request, away),
              PostgresUnavailable: (cause) => unavailable(cause),
              PostgresRejected: (cause) => unavailable(cause)
            })
          )
      })
    })
  ).pipe(Layer.provide(behind))
