import { Duration } from "effect"
import type { ClaimedTask } from "../storage/streams/Streams.ts"

/** What something has held up for so long is shown to an operator as a dead letter. */
export const patience = Duration.days(1)

/** How long a task is put off for what will pass: as long again as it has waited so far, within bounds. */
export const delayAt =
  (now: number) =>
  ({ createdAt }: ClaimedTask): Duration.Duration =>
    Duration.clamp(Duration.millis(now - createdAt), { minimum: "1 second", maximum: "30 seconds" })
