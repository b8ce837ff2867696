import { Duration, Effect, Option, Stream, type Tracer } from "effect"
import { foldersOf, type JournalEntry } from "../../domain/Change.ts"
import { type CoreError, CursorExpired } from "../../domain/errors.ts"
import type { FolderId, MailboxId, ModSeq } from "../../domain/ids.ts"
import { monotonicMillis } from "../../domain/monotonicMillis.ts"
import { spannedInEach } from "../../observability/spans.ts"
import type { Changes, CoreMethods } from "../Core.ts"
import { Right } from "../gen/postroom/core/v1/rights_pb.ts"
import type { Authorized } from "../guard.ts"
import type { ReadServices } from "./reads.ts"

type Input<K extends keyof CoreMethods> = Parameters<CoreMethods[K]>[1]

/** A change that touches no folder asked for, or none that the caller may read, is left out. */
const visible = (call: Authorized, folderIds: ReadonlyArray<FolderId>) => {
  const wanted = new Set(folderIds)
  return ({ change }: JournalEntry): boolean =>
    foldersOf(change).some((id) => (wanted.size === 0 || wanted.has(id)) && call.access.may(Right.READ, id))
}

interface Cursor {
  readonly mailboxId: MailboxId
  readonly after: ModSeq
  readonly limit: number
}

/** The next window of the journal, unfiltered in what it passes, filtered in what it shows. */
const nextWindow = (
  { reader }: ReadServices,
  { mailboxId, after, limit }: Cursor,
  show: (entry: JournalEntry) => boolean
): Effect.Effect<Changes, CoreError> =>
  Effect.map(reader.journal(mailboxId, { after, limit }), (entries) => ({
    entries: entries.filter(show),
    modSeq: entries.at(-1)?.modSeq ?? after,
    more: entries.length === limit
  }))

export const listChanges =
  (services: ReadServices) =>
  (call: Authorized, input: Input<"listChanges">): Effect.Effect<Changes, CoreError> => {
    const { maxPageSize } = services.limits
    const limit = Math.min(Math.max(1, input.limit ?? maxPageSize), maxPageSize)
    return nextWindow(
      services,
      { mailboxId: input.mailboxId, after: input.after, limit },
      visible(call, input.folderIds)
    )
  }

/**
 * The journal as it grows. The watcher is a latch that each commit opens: it is registered before the first look and
 * closed before each look, so a commit is either seen by the look or opens the latch again. What a slow reader has not
 * taken yet stays in the journal; here wait one window and one bit.
 */
export const watch =
  (services: ReadServices) =>
  (call: Authorized, input: Input<"watch">): Stream.Stream<Changes, CoreError> => {
    const { router, limits } = services
    const { mailboxId } = input
    const show = visible(call, input.folderIds)
    return Stream.unwrapScoped(
      Effect.gen(function* () {
        const news = yield* Effect.makeLatch(false)
        const { modSeq: head } = yield* router.state(mailboxId)
        const after = input.after ?? head
        if (after > head) return yield* new CursorExpired()
        const causes: Array<Tracer.AnySpan> = []
        yield* router.watch(mailboxId, after, ({ spans }) => {
          if (causes.length < maxCauses) causes.push(...spans)
          news.unsafeOpen()
        })
        const look = (from: ModSeq) =>
          news.close.pipe(
            Effect.zipRight(
              Effect.suspend(() =>
                spannedInEach(
                  nextWindow(services, { mailboxId, after: from, limit: limits.maxPageSize }, show),
                  causes.splice(0),
                  () => ({ name: "watch wake", attributes: { mailbox: mailboxId } })
                )
              )
            ),
            Effect.tap(({ more }) => (more ? news.open : Effect.void))
          )
        // The first answer comes at once: it shows the caller that the watch stands, and gets headers onto the wire.
        const first = yield* look(after)
        const rest = Stream.paginateEffect(first.modSeq, (cursor) =>
          Effect.map(
            next({ news: news.await, look, keepAlive: limits.keepAlive }, cursor),
            (window) => [window, Option.some(window.modSeq)] as const
          )
        )
        return Stream.concat(Stream.succeed(first), rest)
      })
    )
  }

/** Traces of what woke a watch, as many as are told of one look. */
const maxCauses = 16

interface Waiting {
  readonly news: Effect.Effect<void>
  readonly look: (from: ModSeq) => Effect.Effect<Changes, CoreError>
  readonly keepAlive: Duration.Duration
}

/** Waits for something to show, or until it is time to say that there is nothing. */
const next = (waiting: Waiting, from: ModSeq): Effect.Effect<Changes, CoreError> =>
  Effect.flatMap(monotonicMillis, (now) => {
    const deadline = now + Duration.toMillis(waiting.keepAlive)
    const before = (cursor: ModSeq, left: number): Effect.Effect<Changes, CoreError> =>
      // Only the wait is cut short, never a look: its news would be lost with it.
      Effect.timeoutOption(waiting.news, Math.max(0, left)).pipe(
        Effect.flatMap(
          Option.match({
            onNone: () => Effect.succeed<Changes>({ entries: [], modSeq: cursor, more: false }),
            onSome: () => waiting.look(cursor).pipe(Effect.flatMap(shownOrAgain))
          })
        )
      )
    const shownOrAgain = (window: Changes): Effect.Effect<Changes, CoreError> =>
      window.entries.length > 0
        ? Effect.succeed(window)
        : Effect.flatMap(monotonicMillis, (later) => before(window.modSeq, deadline - later))
    return before(from, deadline - now)
  })
