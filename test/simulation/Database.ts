import { Effect, type Exit } from "effect"
import type { JournalEntry } from "../../src/domain/Change.ts"
import { Epoch, type MailboxId, type ModSeq, ShardId } from "../../src/domain/ids.ts"
import type { Commit, MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import { makeMemory } from "../support/mailboxStoreMemory.ts"
import { Answers } from "./Answers.ts"
import { trueMillis } from "./Machine.ts"
import { TaskTable } from "./TaskTable.ts"
import type { Timeline } from "./Timeline.ts"

/** What was written of a mailbox, in the order in which it was. */
export type Written =
  | { readonly _tag: "Claimed"; readonly epoch: Epoch }
  | { readonly _tag: "Committed"; readonly commit: Commit }

export interface OutboxRow {
  readonly mailboxId: MailboxId
  readonly from: ModSeq
  readonly to: ModSeq
}

/** Postgres: one place whose every statement happens at one moment, whole or not at all. It survives everything. */
export class Database {
  readonly answers = new Answers()
  readonly tasks: TaskTable
  readonly history = new Map<MailboxId, Array<Written>>()
  readonly journals = new Map<MailboxId, Array<JournalEntry>>()
  outbox: ReadonlyArray<OutboxRow> = []
  /** As the drivers reach them. */
  readonly mailboxes: MailboxStore["Type"]
  /** As they are. */
  readonly stored: MailboxStore["Type"]
  readonly listeners = new Set<(payload: string) => void>()
  readonly epochs = new Map<ShardId, Epoch>()
  private readonly timeline: Timeline

  constructor(
    timeline: Timeline,
    options: {
      readonly mailboxIds: ReadonlyArray<MailboxId>
      readonly planted: (store: MailboxStore["Type"]) => MailboxStore["Type"]
    }
  ) {
    this.timeline = timeline
    this.tasks = new TaskTable(() => trueMillis(timeline))
    this.tasks.addTo(this.answers, (payload) => {
      for (const listener of this.listeners) listener(payload)
    })
    this.stored = makeMemory(options.mailboxIds)
    this.mailboxes = this.recorded(options.planted(this.stored))
    for (const mailboxId of options.mailboxIds) {
      this.history.set(mailboxId, [])
      this.journals.set(mailboxId, [])
    }
  }

  acquire(shards: ReadonlyArray<ShardId>, runner: string): ReadonlyMap<ShardId, Epoch> {
    const acquired = new Map(shards.map((shard) => [shard, Epoch((this.epochs.get(shard) ?? 0) + 1)]))
    for (const [shard, epoch] of acquired) {
      this.epochs.set(ShardId(shard), epoch)
      this.timeline.tell(`shard ${shard} goes to ${runner} as ${epoch}`)
    }
    return acquired
  }

  private recorded(store: MailboxStore["Type"]): MailboxStore["Type"] {
    return {
      ...store,
      activate: (mailboxId, epoch) =>
        Effect.tap(store.activate(mailboxId, epoch), () => {
          this.history.get(mailboxId)?.push({ _tag: "Claimed", epoch })
          this.timeline.tell(`${short(mailboxId)} is claimed as ${epoch}`)
        }),
      commit: (commit) =>
        Effect.tapBoth(store.commit(commit), {
          onSuccess: () => Effect.sync(() => this.record(commit)),
          onFailure: ({ _tag }) =>
            Effect.sync(() => this.timeline.tell(`${short(commit.before.mailboxId)} refuses: ${_tag}`))
        })
    }
  }

  private record(commit: Commit): void {
    const { mailboxId, modSeq } = commit.after
    this.history.get(mailboxId)?.push({ _tag: "Committed", commit })
    this.journals.get(mailboxId)?.push(...commit.entries)
    this.timeline.tell(`${short(mailboxId)} is at ${modSeq} by ${commit.epoch}`)
    const [first] = commit.entries
    if (first !== undefined) {
      this.outbox = [...this.outbox, { mailboxId, from: first.modSeq, to: modSeq }]
    }
  }
}

/** How the story calls a mailbox. */
export const short = (mailboxId: MailboxId): string => `mailbox ${Number(mailboxId.slice(-4))}`

/** What a statement comes to, at once. */
export const outcomeOf = <A, E>(statement: Effect.Effect<A, E>): Exit.Exit<A, E> =>
  Effect.runSyncExit(statement)
