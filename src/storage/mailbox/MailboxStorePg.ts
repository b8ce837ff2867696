import { type ConfigError, Effect, Layer, type Tracer } from "effect"
import type { CommandResult, Selection } from "../../domain/Command.ts"
import { NotFound } from "../../domain/errors.ts"
import { Epoch, type MailboxId, MessageId, ModSeq, OperationId, TaskId } from "../../domain/ids.ts"
import type { DoneOperation } from "../../domain/Operation.ts"
import { inTrace } from "../../observability/spans.ts"
import { traceparentOf } from "../../observability/traceparent.ts"
import { Postgres, type PostgresError, statement } from "../postgres.ts"
import { makeCommitter } from "./committer.ts"
import {
  AlreadyApplied,
  type Commit,
  HeadMoved,
  MailboxQuarantined,
  MailboxStore,
  StaleEpoch,
  StoreUnavailable
} from "./MailboxStore.ts"
import { type HeadRow, hierarchyChange, type StoredRow, storedColumns, toState, toStored } from "./rows.ts"
import { makeSyncReads } from "./syncReads.ts"

// Claim and read are two statements: the claim waits for a commit under way by an older owner, and a snapshot taken
// before that wait would show its folders without that commit.
const claim = statement<{ readonly epoch: number }>({
  name: "mailbox_claim",
  text: `INSERT INTO mail_state.heads AS head (user_id, epoch) SELECT id, $2 FROM mail_state.users WHERE id = $1
    ON CONFLICT (user_id) DO UPDATE SET epoch = $2, claim = head.claim + 1 WHERE head.epoch <= $2 RETURNING epoch`
})

const load = statement<HeadRow & { readonly claim: number }>({
  name: "mailbox_load",
  text: `SELECT head.epoch, head.claim, head.modseq, head.next_message, head.next_folder, head.used_bytes, owner.quota_bytes,
      head.quarantined_at IS NOT NULL AS quarantined,
      (SELECT modseq FROM mail_state.journal WHERE user_id = $1 AND ${hierarchyChange} ORDER BY modseq DESC LIMIT 1)
        AS hierarchy_modseq,
      (SELECT jsonb_agg(folder) FROM mail_state.mailboxes AS folder WHERE folder.user_id = $1) AS folders
    FROM mail_state.heads AS head JOIN mail_state.users AS owner ON owner.id = head.user_id WHERE head.user_id = $1`
})

const selectIds = statement<StoredRow>({
  name: "mailbox_select_ids",
  text: `SELECT ${storedColumns} FROM mail_state.messages WHERE user_id = $1 AND id = ANY ($2::bigint[])`
})

const selectFolders = statement<StoredRow>({
  name: "mailbox_select_folders",
  text: `SELECT ${storedColumns} FROM mail_state.messages
    WHERE user_id = $1 AND mailbox_id = ANY ($2::bigint[]) AND NOT ($3 AND '\\Seen' = ANY (flags))
    ORDER BY mailbox_id, uid LIMIT $4`
})

const readHead = statement<{ readonly epoch: number; readonly modseq: number }>({
  name: "mailbox_head",
  // Locked: a commit still under way is waited for, not overlooked.
  text: "SELECT epoch, modseq FROM mail_state.heads WHERE user_id = $1 FOR UPDATE"
})

const appliedDeliveries = statement<{ readonly task_id: string; readonly message_id: number }>({
  name: "mailbox_applied_deliveries",
  text: "SELECT task_id, message_id FROM mail_state.deliveries WHERE user_id = $1 AND task_id = ANY ($2::uuid[])"
})

const appliedOperations = statement<{ readonly operation_id: string; readonly result: CommandResult }>({
  name: "mailbox_applied_operations",
  text: `SELECT operation_id, result FROM mail_state.operations
    WHERE user_id = $1 AND operation_id = ANY ($2::text[])`
})

const doneOperation = statement<DoneOperation>({
  name: "mailbox_operation",
  text: `SELECT done.result -> 'changes' AS changes, entry.at
    FROM mail_state.operations AS done
    JOIN mail_state.journal AS entry ON entry.user_id = $1 AND entry.modseq = (done.result ->> 'modSeq')::bigint
    WHERE done.user_id = $1 AND done.operation_id = $2`
})

const setQuarantine = statement<{ readonly user_id: string }>({
  text: `UPDATE mail_state.heads SET quarantined_at = CASE WHEN $2 THEN now() END WHERE user_id = $1 RETURNING user_id`
})

const unavailable = (cause: PostgresError): StoreUnavailable =>
  new StoreUnavailable({ commitUnknown: cause._tag === "PostgresUnavailable" && cause.commitUnknown, cause })

/** A rule of the schema that a commit breaks is a bug of ours; it must not pass for an outage. */
const refuse = (error: PostgresError): Effect.Effect<never, AlreadyApplied | StoreUnavailable> => {
  if (error._tag === "PostgresUnavailable") return Effect.fail(unavailable(error))
  return applyOnce.has(error.constraint) ? Effect.fail(new AlreadyApplied()) : Effect.die(error)
}

/** Mail state in Postgres. */
export const layer: Layer.Layer<MailboxStore, ConfigError.ConfigError, Postgres> = Layer.scoped(
  MailboxStore,
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const write = yield* makeCommitter(postgres)
    const one = <Row>(rows: ReadonlyArray<Row>): Effect.Effect<Row, NotFound> =>
      rows[0] === undefined ? Effect.fail(new NotFound({ what: "mailbox" })) : Effect.succeed(rows[0])

    const head = (mailboxId: MailboxId) =>
      postgres.query(readHead, [mailboxId]).pipe(
        Effect.mapError(unavailable),
        Effect.flatMap(one),
        Effect.map((row) => ({ epoch: Epoch(row.epoch), modSeq: ModSeq(row.modseq) }))
      )

    const activate = Effect.fnUntraced(function* (mailboxId: MailboxId, epoch: Epoch) {
      const claimed = yield* Effect.mapError(postgres.query(claim, [mailboxId, epoch]), unavailable)
      if (claimed.length === 0) {
        yield* head(mailboxId)
        return yield* new StaleEpoch()
      }
      const row = yield* Effect.flatMap(Effect.mapError(postgres.query(load, [mailboxId]), unavailable), one)
      if (row.epoch !== epoch) return yield* new StaleEpoch()
      if (row.quarantined) return yield* new MailboxQuarantined()
      return { ...toState(mailboxId, row), claim: row.claim }
    })

    const select = (mailboxId: MailboxId, selection: Selection, limit: number) => {
      switch (selection._tag) {
        case "None":
          return Effect.succeed([])
        case "Ids":
          return postgres
            .query(selectIds, [mailboxId, selection.ids])
            .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: (rows) => rows.map(toStored) }))
        case "Folders":
          return postgres
            .query(selectFolders, [mailboxId, selection.folderIds, selection.unseenOnly, limit])
            .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: (rows) => rows.map(toStored) }))
      }
    }

    /** Nothing was written: somebody else owns the mailbox, or its head is elsewhere. */
    const notWritten = Effect.fnUntraced(function* (wanted: Commit) {
      const now = yield* head(wanted.before.mailboxId).pipe(
        // The user is gone: activation will say so.
        Effect.catchTag("NotFound", () => new HeadMoved())
      )
      return yield* now.epoch === wanted.epoch ? new HeadMoved() : new StaleEpoch()
    })

    const traced = (wanted: Commit, span: Tracer.AnySpan | undefined): Commit =>
      span === undefined ? wanted : { ...wanted, traceparent: traceparentOf(span) }

    const commit = (wanted: Commit) =>
      inTrace((span) =>
        Effect.flatMap(Effect.catchAll(write(traced(wanted, span)), refuse), (written) =>
          written ? Effect.void : notWritten(wanted)
        )
      )

    const setQuarantined = (mailboxId: MailboxId, isQuarantined: boolean) =>
      postgres
        .query(setQuarantine, [mailboxId, isQuarantined])
        .pipe(Effect.mapError(unavailable), Effect.flatMap(one), Effect.asVoid)

    const sync = makeSyncReads(postgres)

    return MailboxStore.of({
      activate,
      select,
      cursors: (...named) => Effect.mapError(sync.cursors(...named), unavailable),
      readFolder: (...named) => Effect.mapError(sync.readFolder(...named), unavailable),
      readHierarchy: (...named) => Effect.mapError(sync.readHierarchy(...named), unavailable),
      commit,
      head,
      applied: (mailboxId, { taskIds, operationIds }) =>
        Effect.gen(function* () {
          const tasks =
            taskIds.length === 0 ? [] : yield* postgres.query(appliedDeliveries, [mailboxId, taskIds])
          const operations =
            operationIds.length === 0
              ? []
              : yield* postgres.query(appliedOperations, [mailboxId, operationIds])
          return {
            deliveries: new Map(tasks.map((row) => [TaskId(row.task_id), MessageId(row.message_id)])),
            operations: new Map(operations.map((row) => [OperationId(row.operation_id), row.result]))
          }
        }).pipe(Effect.mapError(unavailable)),
      operation: (mailboxId, operationId) =>
        postgres
          .query(doneOperation, [mailboxId, operationId])
          .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: ([done]) => done ?? null })),
      quarantine: (mailboxId) =>
        Effect.catchTag(setQuarantined(mailboxId, true), "NotFound", () => Effect.void),
      release: (mailboxId) => setQuarantined(mailboxId, false)
    })
  })
)

/** Constraints that say "this was done before"; partitions give theirs other names, so both forms are known. */
const applyOnce = {
  has: (constraint: string): boolean => /^(deliveries|operations)(_\d+)?_(once|pkey)$/.test(constraint)
}
