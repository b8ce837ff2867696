import { Effect } from "effect"

/** Why a connection ended, in words that go on after "the peer …". */
export type Ending = string

export const hungUp: Ending = "hung up"
export const letGo: Ending = "was let go"
export const unused: Ending = "is not used"

const usual: ReadonlySet<Ending> = new Set([hungUp, letGo, unused])

/** Where somebody has to know of it. */
export const tell = (ending: Ending, peer: string): Effect.Effect<void> =>
  usual.has(ending)
    ? Effect.void
    : Effect.annotateLogs(
        Effect.logWarning(`a connection between runners ended: the peer ${ending}`),
        "peer",
        peer
      )
