import { Effect, Schedule } from "effect"
import type { Router, Wake } from "../../actors/mailbox/MailboxProtocol.ts"
import type { CoreError } from "../../domain/errors.ts"
import type { MailboxState } from "../../domain/mailbox/State.ts"
import type { OwnCall } from "../guard.ts"
import type { News, SyncMethods } from "../Sync.ts"
import type { TimerWheel } from "../TimerWheel.ts"

type Input = Parameters<SyncMethods["subscribe"]>[1]

export interface SubscribeServices {
  readonly router: Router["Type"]
  readonly wheel: TimerWheel
  /** Runs what a callback cannot. */
  readonly run: (effect: Effect.Effect<void>) => void
}

const lookAgain = Schedule.exponential("1 second").pipe(
  Schedule.union(Schedule.spaced("30 seconds")),
  Schedule.jittered
)

/**
 * A parked request: a callback among the mailbox's watchers and one in the timer wheel, no fiber. A wake names the folders
 * it touched; one that does not (the mailbox came back from elsewhere) is followed by a look.
 */
export const subscribe =
  ({ router, wheel, run }: SubscribeServices) =>
  (_call: OwnCall, input: Input): Effect.Effect<() => void, CoreError> =>
    Effect.gen(function* () {
      const state = yield* router.state(input.mailboxId)
      let isOver = false
      const stops: Array<() => void> = []
      const stop = (): void => {
        isOver = true
        for (const one of stops.splice(0)) one()
      }
      const end = (news: News | null): void => {
        if (isOver) return
        stop()
        input.wake(news)
      }
      const look = Effect.suspend(() => router.state(input.mailboxId)).pipe(
        Effect.retry({ schedule: lookAgain, while: () => !isOver }),
        Effect.flatMap((now) => {
          const news = newsIn(now, input)
          return news === undefined ? Effect.void : Effect.sync(() => end(news))
        }),
        Effect.ignore
      )
      const before = newsIn(state, input)
      if (before !== undefined) {
        end(before)
        return stop
      }
      const hear = (wake: Wake): void => {
        const news = newsOf(wake, input)
        if (wake.folders === null) run(look)
        else if (news !== undefined) end(news)
      }
      return yield* Effect.uninterruptible(
        Effect.map(router.listen(input.mailboxId, state.modSeq, hear), (remove) => {
          stops.push(
            remove,
            wheel.after(input.forMillis, () => end(null))
          )
          if (isOver) stop()
          return stop
        })
      )
    })

/** Beyond what the request knows, as the mailbox is. */
const newsIn = (state: MailboxState, { folders, hierarchyBeyond }: Input): News | undefined =>
  news(
    folders.filter(({ folderId, beyond }) => (state.folders.get(folderId)?.highestModSeq ?? 0) > beyond),
    hierarchyBeyond !== null && state.hierarchyModSeq > hierarchyBeyond
  )

const newsOf = (wake: Wake, { folders, hierarchyBeyond }: Input): News | undefined =>
  news(
    folders.filter(({ folderId, beyond }) => wake.folders?.has(folderId) === true && wake.modSeq > beyond),
    hierarchyBeyond !== null && wake.isOfHierarchy && wake.modSeq > hierarchyBeyond
  )

const news = (folders: Input["folders"], isHierarchyChanged: boolean): News | undefined =>
  folders.length > 0 || isHierarchyChanged
    ? { folderIds: folders.map(({ folderId }) => folderId), isHierarchyChanged }
    : undefined
