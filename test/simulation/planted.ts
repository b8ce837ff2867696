import { Effect } from "effect"
import { Epoch, type MailboxId, ModSeq } from "../../src/domain/ids.ts"
import type { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import type { Planted } from "./platform.ts"
import type { Kind } from "./troubles.ts"

interface PlantedBug {
  readonly planted: Partial<Planted>
  /** Among which troubles it shows soon. */
  readonly troubles: ReadonlyArray<Kind>
  /** What its failure begins with. */
  readonly finds: string
  /** One of so many finds it, */
  readonly seeds: number
  /** beginning with this one. */
  readonly from: number
}

type Store = MailboxStore["Type"]

const withoutEpochs = (store: Store): Store => {
  const claims = new Map<MailboxId, { readonly epoch: Epoch; readonly claim: number }>()
  const youngest = (
    mailboxId: MailboxId,
    { epoch, claim }: { readonly epoch: Epoch; readonly claim: number }
  ) => claims.get(mailboxId) ?? { epoch, claim }
  return {
    ...store,
    activate: (mailboxId, wanted) => {
      const epoch = Epoch(Math.max(wanted, claims.get(mailboxId)?.epoch ?? 0))
      return Effect.tap(store.activate(mailboxId, epoch), ({ claim }) =>
        claims.set(mailboxId, { epoch, claim })
      )
    },
    commit: (commit) => store.commit({ ...commit, ...youngest(commit.before.mailboxId, commit) })
  }
}

const byWallClock: Planted["lease"] = ({ held, ownership }, clock) => {
  let ends = 0
  return {
    held: {
      ...held,
      renewed: (until) => {
        const left = Number(until - clock.unsafeCurrentTimeNanos()) / 1_000_000
        ends = clock.unsafeCurrentTimeMillis() + left
        held.renewed(until)
      }
    },
    ownership: { ...ownership, isSure: () => clock.unsafeCurrentTimeMillis() < ends }
  }
}

/** Bugs that must be found: each stands for a design that looks right until something fails at the wrong moment. */
export const plantedBugs: Readonly<Record<string, PlantedBug>> = {
  /** A commit is checked by modseq alone, and anybody may claim a mailbox. */
  "no epoch check": {
    finds: "I3",
    from: 1,
    seeds: 60,
    troubles: ["freeze", "split", "move"],
    planted: { store: withoutEpochs }
  },
  /** The sender hears `250` while the task is on its way to Postgres. */
  "ack before commit": {
    finds: "I1",
    troubles: ["kill", "postgres"],
    from: 1,
    seeds: 20,
    planted: {
      streamsOfIntake: (streams) => ({
        ...streams,
        publish: (tasks) => Effect.asVoid(Effect.forkDaemon(streams.publish(tasks)))
      })
    }
  },
  /** A task is marked as done when it is taken, so that nobody does it twice. */
  "dedupe before work": {
    finds: "I1",
    troubles: ["kill", "postgres"],
    from: 1,
    seeds: 20,
    planted: {
      streamsOfIngest: (streams) => ({
        ...streams,
        claim: (stream, options) => Effect.tap(streams.claim(stream, options), streams.ack)
      })
    }
  },
  /** Whoever listens hears of what comes, not of what came since it last looked. */
  "watch without modseq": {
    finds: "I7",
    troubles: ["kill", "move", "partition"],
    from: 1,
    seeds: 100,
    planted: {
      mailboxes: (mailboxes) => ({
        ...mailboxes,
        listen: (mailboxId, _beyond, listener) =>
          mailboxes.listen(mailboxId, ModSeq(Number.MAX_SAFE_INTEGER), listener)
      })
    }
  },
  /** A lease ends by the wall clock, which somebody may set. */
  "lease by wall clock": {
    finds: "I8",
    troubles: ["minority", "jump"],
    // A rare one: 1 of 250.
    from: 170,
    seeds: 20,
    planted: { lease: byWallClock }
  }
}
