import { Duration, Effect, Layer, Queue, Schedule } from "effect"
import { MailboxId } from "../../../domain/ids.ts"
import { undeterred } from "../../../observability/undeterred.ts"
import { Postgres, statement } from "../../postgres.ts"
import { SearchMirror } from "../SearchMirror.ts"
import { makeCopy } from "./copy.ts"
import { makeFindDrift } from "./drift.ts"
import { makeMeili } from "./Meili.ts"
import type { MeiliSettings } from "./MeiliConfig.ts"

// Nobody remembers whom to copy after a stop: it shows.
const behind = statement<{ readonly user_id: string }>({
  name: "mirror_behind",
  text: `SELECT index.user_id FROM search.indexes AS index LEFT JOIN search.mirrors AS mirror USING (user_id)
    WHERE index.message_id > COALESCE(mirror.message_id, 0) OR index.modseq > mirror.modseq
    ORDER BY index.user_id LIMIT $1`
})

/** Mailboxes that are looked at for one step, and that are found by one look for those that are behind. */
const most = { step: 200, behind: 1_000 }

/** From one look for those that are behind, or differ, to the next. */
const pace = Duration.minutes(1)

/** While it is away. */
const tryAgain = Schedule.exponential("1 second").pipe(Schedule.union(Schedule.spaced("30 seconds")))

/** Copies the index to Meilisearch, beside those who write it. Begins where somebody does. */
export const layer = (settings: MeiliSettings): Layer.Layer<SearchMirror, never, Postgres> =>
  Layer.scoped(
    SearchMirror,
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const meili = makeMeili(settings)
      const copy = makeCopy(meili, postgres)
      const findDrift = makeFindDrift(meili, postgres)
      const waiting = new Set<MailboxId>()
      const bell = yield* Queue.sliding<void>(1)
      const scope = yield* Effect.scope

      const wake = (mailboxIds: ReadonlyArray<MailboxId>) =>
        Effect.suspend(() => {
          for (const mailboxId of mailboxIds) waiting.add(mailboxId)
          return Queue.offer(bell, undefined)
        })

      /** Who rings while it is under way is looked at again. */
      const step = Effect.suspend(() => {
        const taken = [...waiting].slice(0, most.step)
        for (const mailboxId of taken) waiting.delete(mailboxId)
        return copy(taken).pipe(
          Effect.map((idle) => taken.filter((one) => !idle.includes(one))),
          Effect.catchAll((cause) => Effect.zipRight(wake(taken), Effect.fail(cause))),
          Effect.flatMap(wake)
        )
      })

      const round = Queue.take(bell).pipe(
        Effect.zipRight(
          Effect.whileLoop({ while: () => waiting.size > 0, body: () => step, step: () => undefined })
        ),
        Effect.tapError(({ message }) =>
          Effect.annotateLogs(Effect.logWarning("copies in Meilisearch have to wait"), { cause: message })
        ),
        Effect.retry(tryAgain)
      )

      const look = Effect.gen(function* () {
        const rows = yield* postgres.query(behind, [most.behind])
        yield* wake(rows.map(({ user_id }) => MailboxId(user_id)))
        yield* wake(yield* findDrift)
      })

      const start = yield* Effect.cached(
        Effect.all([
          Effect.forkIn(Effect.forever(undeterred("copying to Meilisearch", round)), scope),
          Effect.forkIn(Effect.repeat(undeterred("a look at the copies", look), Schedule.spaced(pace)), scope)
        ])
      )

      return SearchMirror.of({ follow: (mailboxId) => Effect.zipRight(start, wake([mailboxId])) })
    })
  )
