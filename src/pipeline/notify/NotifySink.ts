import { Context, Data, type Effect } from "effect"
import type { NotifyTarget } from "../../storage/notify/NotifyTargets.ts"

/** What is sent, the same to every receiver and by every way. */
export interface Notice {
  /** Names what is told: whoever gets it again may leave it. */
  readonly id: string
  /** JSON of ids, no content. */
  readonly body: string
}

/** The receiver was not told. The reason names no address: it is kept with the task. */
export class NotDelivered extends Data.TaggedError("NotDelivered")<{
  readonly reason: string
  /** The same will not work later, either. */
  readonly isFinal: boolean
  /** The receiver wants nothing any more. */
  readonly isGone: boolean
}> {}

/** A way to tell somebody outside: webhooks now; APNs, FCM and Web Push are further kinds of target. */
export class NotifySink extends Context.Tag("postroom/pipeline/NotifySink")<
  NotifySink,
  {
    /** Succeeds once the receiver has said that it has the notice. It may get it more than once. */
    readonly send: (target: NotifyTarget, notice: Notice) => Effect.Effect<void, NotDelivered>
  }
>() {}
