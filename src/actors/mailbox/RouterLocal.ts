import { Effect, Layer } from "effect"
import { type CoreError, Unavailable } from "../../domain/errors.ts"
import * as MailboxesLocal from "./MailboxesLocal.ts"
import { Mailboxes, type Moved, Router } from "./MailboxProtocol.ts"
import { routerOf } from "./routerOf.ts"

/** The mailboxes of this process, and no others: what it does not own is away. */
export const layer = Layer.effect(
  Router,
  Effect.map(Mailboxes, (mailboxes) =>
    routerOf({
      ask: (ask) => away(mailboxes.ask(ask)),
      state: (mailboxId) => away(mailboxes.state(mailboxId)),
      listen: (mailboxId, beyond, wake) =>
        away(mailboxes.listen(mailboxId, beyond, { wake, lost: () => undefined }))
    })
  )
).pipe(Layer.provide(MailboxesLocal.layer))

const away = <A>(effect: Effect.Effect<A, CoreError | Moved>): Effect.Effect<A, CoreError> =>
  Effect.catchTag(effect, "Moved", () => new Unavailable({ what: "mailbox" }))
