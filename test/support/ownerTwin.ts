import { Effect } from "effect"
import type { Listener, Mailboxes, Wake } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { CommandResult } from "../../src/domain/Command.ts"
import { type MailboxId, ModSeq } from "../../src/domain/ids.ts"
import { emptyState, type MailboxState } from "../../src/domain/mailbox/State.ts"

/** Mailboxes that do as a test says, and tell who listens. */
export interface OwnerTwin {
  readonly mailboxes: Mailboxes["Type"]
  readonly wake: (mailboxId: MailboxId, wake: Wake) => void
  /** The mailbox goes elsewhere. */
  readonly lose: (mailboxId: MailboxId) => void
  readonly listeners: () => number
}

export const done: CommandResult = {
  modSeq: ModSeq(1),
  changes: [],
  missing: [],
  more: false,
  duplicate: false
}

export const stateAt = (mailboxId: MailboxId, modSeq: number): MailboxState => ({
  ...emptyState(mailboxId),
  modSeq: ModSeq(modSeq)
})

export const wakeAt = (modSeq: number, over: Partial<Wake> = {}): Wake => ({
  modSeq: ModSeq(modSeq),
  folders: null,
  isOfHierarchy: false,
  spans: [],
  ...over
})

/** Every mailbox stands at modseq 7, and every command is done; but for what a test says otherwise. */
export const makeOwnerTwin = (over: Partial<Mailboxes["Type"]> = {}): OwnerTwin => {
  const heard = new Map<MailboxId, Set<Listener>>()
  const of = (mailboxId: MailboxId) => {
    const listeners = heard.get(mailboxId) ?? new Set()
    heard.set(mailboxId, listeners)
    return listeners
  }
  return {
    mailboxes: {
      ask: () => Effect.succeed(done),
      state: (mailboxId) => Effect.succeed(stateAt(mailboxId, 7)),
      listen: (mailboxId, _beyond, listener) =>
        Effect.sync(() => {
          of(mailboxId).add(listener)
          return () => void of(mailboxId).delete(listener)
        }),
      settle: () => Effect.void,
      ...over
    },
    wake: (mailboxId, wake) => {
      for (const listener of of(mailboxId)) listener.wake(wake)
    },
    lose: (mailboxId) => {
      const gone = [...of(mailboxId)]
      heard.delete(mailboxId)
      for (const { lost } of gone) lost()
    },
    listeners: () => [...heard.values()].reduce((sum, { size }) => sum + size, 0)
  }
}
