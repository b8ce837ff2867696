import { Effect, Layer } from "effect"
import type { MailboxId, RunnerId } from "../../domain/ids.ts"
import { Mailboxes, Moved } from "../mailbox/MailboxProtocol.ts"
import { MapMirror } from "./MapMirror.ts"
import { shardOf } from "./Ownership.ts"

/**
 * The mailboxes of this runner, and for those that are not here the way on: whoever asks, and cannot read the shard map
 * itself, is told where this runner's copy of it has them.
 */
export const layer = (
  runnerId: RunnerId,
  shardCount: number
): Layer.Layer<Mailboxes, never, Mailboxes | MapMirror> =>
  Layer.effect(
    Mailboxes,
    Effect.map(Effect.all([Mailboxes, MapMirror]), ([mailboxes, mirror]) => {
      const wayOn = (mailboxId: MailboxId): Moved => {
        const view = mirror.view()
        const entry = view?.shards.get(shardOf(mailboxId, shardCount))
        const other = [entry?.target, entry?.owner?.runnerId].find((id) => id && id !== runnerId)
        return new Moved({ to: other ? view?.runners.get(other)?.address : undefined })
      }
      const withWayOn = <A, E>(mailboxId: MailboxId, call: Effect.Effect<A, E | Moved>) =>
        Effect.mapError(call, (error) => (error instanceof Moved ? wayOn(mailboxId) : error))
      return {
        ...mailboxes,
        ask: (ask) => withWayOn(ask.mailboxId, mailboxes.ask(ask)),
        state: (mailboxId) => withWayOn(mailboxId, mailboxes.state(mailboxId)),
        listen: (mailboxId, beyond, listener) =>
          withWayOn(mailboxId, mailboxes.listen(mailboxId, beyond, listener))
      }
    })
  )
