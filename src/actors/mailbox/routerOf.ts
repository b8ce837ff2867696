import { Effect } from "effect"
import { Router } from "./MailboxProtocol.ts"

type Methods = Router["Type"]

/** A router, made of what one must know to be one. */
export const routerOf = ({ ask, state, listen }: Pick<Methods, "ask" | "state" | "listen">): Methods =>
  Router.of({
    ask,
    state,
    listen,
    watch: (mailboxId, beyond, wake) =>
      // First the part that may take long, which must stay interruptible.
      Effect.zipRight(
        state(mailboxId),
        Effect.asVoid(Effect.acquireRelease(listen(mailboxId, beyond, wake), (remove) => Effect.sync(remove)))
      )
  })
