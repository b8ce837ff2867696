import { Clock, Duration, Effect, Layer, Schema } from "effect"
import { Unavailable } from "../../../domain/errors.ts"
import { type MailboxId, MessageId, TenantId } from "../../../domain/ids.ts"
import { type SummaryRow, summaryColumns, toSummary } from "../../mailbox/rows.ts"
import { Postgres, type PostgresError, statement } from "../../postgres.ts"
import { newestFirst } from "../merge.ts"
import { type Forms, formsOf } from "../pg/forms.ts"
import { type Found, type Hit, Search, type SearchRequest } from "../Search.ts"
import { type MeiliAway, makeMeili } from "./Meili.ts"
import type { MeiliSettings } from "./MeiliConfig.ts"
import { indexOf } from "./meiliIndex.ts"
import { type MeiliSearch, question } from "./question.ts"

const Answer = Schema.Struct({
  results: Schema.Array(
    Schema.Struct({
      hits: Schema.Array(Schema.Struct({ mailbox: Schema.String, message: Schema.Number, at: Schema.Number }))
    })
  )
})

const mirror = statement<{ readonly tenant_id: string; readonly message_id: number }>({
  name: "search_mirror",
  text: `SELECT owner.tenant_id, mirror.message_id FROM search.mirrors AS mirror
    JOIN mail_state.users AS owner ON owner.id = mirror.user_id WHERE mirror.user_id = $1`
})

const existing = statement<SummaryRow>({
  name: "search_existing",
  text: `SELECT ${summaryColumns} FROM mail_state.messages WHERE user_id = $1 AND id = ANY ($2::bigint[])`
})

/** After a search that got no answer Postgres is asked at once, for so long. */
const pause = Duration.seconds(5)
/** Pages that are read to make up for what is gone already. */
const maxPages = 5

const unavailable = (cause: PostgresError) => new Unavailable({ what: "storage", cause })

/**
 * Meilisearch in front of another driver. It is asked only for what its copy knows for certain: words and what never
 * changes of a message. Newer mail, everything else, and every question while it is away go to the driver behind it.
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

      const ask = Effect.fnUntraced(function* (tenantId: TenantId, searches: ReadonlyArray<MeiliSearch>) {
        const { results } = yield* meili.ask({
          method: "POST",
          path: "/multi-search",
          body: { queries: searches.map((search) => ({ indexUid: indexOf(tenantId), ...search })) },
          answer: Answer,
          deadline: meili.deadline
        })
        return results.flatMap(({ hits }) => hits)
      })

      /** One page of the copy, without what is gone from the mailbox. */
      const page = Effect.fnUntraced(function* (
        { mailboxId, tenantId }: { readonly mailboxId: MailboxId; readonly tenantId: TenantId },
        request: SearchRequest,
        forms: Forms
      ) {
        const hits = yield* ask(tenantId, question(mailboxId, request, forms) ?? [])
        // The filter allows for nothing else. Should it ever, nobody sees it.
        if (hits.some(({ mailbox }) => mailbox !== mailboxId)) {
          return yield* Effect.dieMessage("Meilisearch answered with mail of another mailbox")
        }
        const found = new Map(
          hits.map(({ message, at }) => [message, { messageId: MessageId(message), receivedAt: at }])
        )
        const ordered = [...found.values()].sort(newestFirst).slice(0, request.limit)
        const rows = yield* postgres.query(existing, [mailboxId, ordered.map(({ messageId }) => messageId)])
        const isThere = new Set(rows.map((row) => toSummary(row).id))
        return {
          hits: ordered.filter(({ messageId }) => isThere.has(messageId)),
          last: ordered.length < request.limit ? null : (ordered.at(-1) ?? null)
        }
      })

      const copied = Effect.fnUntraced(function* (
        of: { readonly mailboxId: MailboxId; readonly tenantId: TenantId },
        request: SearchRequest,
        forms: Forms
      ) {
        const hits: Array<Hit> = []
        let after = request.after
        for (let n = 0; n < maxPages && hits.length < request.limit; n++) {
          const next = yield* page(of, { ...request, after }, forms)
          hits.push(...next.hits)
          if (next.last === null) break
          after = next.last
        }
        return hits
      })

      const behindIt = (mailboxId: MailboxId, request: SearchRequest) => fallback.search(mailboxId, request)

      const givenUp = (mailboxId: MailboxId, request: SearchRequest, away: MeiliAway) =>
        Effect.gen(function* () {
          awayUntil = (yield* Clock.currentTimeMillis) + Duration.toMillis(pause)
          yield* Effect.annotateLogs(Effect.logWarning("Meilisearch does not answer; Postgres does"), {
            status: away.status
          })
          return yield* behindIt(mailboxId, request)
        })

      return Search.of({
        search: (mailboxId, request) =>
          Effect.gen(function* () {
            const isAway = (yield* Clock.currentTimeMillis) < awayUntil
            if (isAway || question(mailboxId, request, new Map()) === null)
              return yield* behindIt(mailboxId, request)
            const [copy] = yield* Effect.mapError(postgres.query(mirror, [mailboxId]), unavailable)
            if (copy === undefined || copy.message_id === 0) return yield* behindIt(mailboxId, request)
            const forms = yield* Effect.mapError(formsOf(postgres, mailboxId, request.query), unavailable)
            if (question(mailboxId, request, forms) === null) return yield* behindIt(mailboxId, request)
            // Newer mail first: what is copied meanwhile is in both.
            const newer = yield* fallback.search(mailboxId, {
              ...request,
              beyond: MessageId(copy.message_id)
            })
            const of = { mailboxId, tenantId: TenantId(copy.tenant_id) }
            return yield* copied(of, request, forms).pipe(
              Effect.map((hits): Found => {
                const all = new Map([...newer.hits, ...hits].map((hit) => [hit.messageId, hit]))
                return { ...newer, hits: [...all.values()].sort(newestFirst).slice(0, request.limit) }
              }),
              Effect.catchTags({
                MeiliAway: (away) => givenUp(mailboxId, request, away),
                PostgresUnavailable: (cause) => unavailable(cause),
                PostgresRejected: (cause) => unavailable(cause)
              })
            )
          })
      })
    })
  ).pipe(Layer.provide(behind))
