import { Effect, Schedule } from "effect"
import {
  type Commit,
  HeadMoved,
  type MailboxStore,
  StaleEpoch,
  StoreUnavailable
} from "../../storage/mailbox/MailboxStore.ts"

/** Tries for about ten seconds, then lets go: the next activation reads the truth. */
const patience = Schedule.exponential("50 millis").pipe(
  Schedule.union(Schedule.spaced("1 second")),
  Schedule.intersect(Schedule.recurs(15))
)

/**
 * The answer to a COMMIT was lost. Only this actor commits under its claim, one commit at a time, so the head tells: at the
 * new modseq it was applied, at the old one it was not, and never will be: the actor claims the mailbox anew before its next
 * commit, and a statement of before that claim writes nothing.
 */
export const settle = Effect.fnUntraced(function* (
  store: MailboxStore["Type"],
  commit: Commit,
  error: StoreUnavailable
) {
  // A commit of cursors alone leaves the head where it was. Its device asks again and meets either.
  if (!error.commitUnknown || commit.entries.length === 0) return yield* error
  const { epoch, modSeq } = yield* store.head(commit.before.mailboxId).pipe(
    Effect.retry({ schedule: patience, while: (problem) => problem._tag === "StoreUnavailable" }),
    Effect.catchTags({
      NotFound: () => new HeadMoved(),
      StoreUnavailable: (cause) => new StoreUnavailable({ commitUnknown: true, cause })
    })
  )
  if (epoch !== commit.epoch) return yield* new StaleEpoch()
  if (modSeq === commit.after.modSeq) return
  if (modSeq !== commit.before.modSeq) return yield* new HeadMoved()
  return yield* new StoreUnavailable({ commitUnknown: false, cause: error })
})
