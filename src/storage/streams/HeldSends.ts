import { Context, Effect, Layer } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { BlobKey, type MailboxId, OperationId, type TaskId } from "../../domain/ids.ts"
import { Postgres, type PostgresError, statement } from "../postgres.ts"

/** A message that is sent later: its author's copy. */
export interface HeldSend {
  /** By which it was submitted. */
  readonly operationId: OperationId
  readonly blobKey: BlobKey
  /** SHA-256 of the blob, lower-case hex. */
  readonly checksum: string
  /** Epoch milliseconds. */
  readonly sendAt: number
}

interface Row {
  readonly operation_id: string
  readonly blob_key: string
  readonly checksum: string
  readonly send_at: number
}

const columns = `payload -> 'held' ->> 'operationId' AS operation_id, payload ->> 'blobKey' AS blob_key,
  payload ->> 'checksum' AS checksum, (payload ->> 'receivedAt')::double precision AS send_at`

/** `$1` task ids. */
const find = statement<Row>({
  name: "held_sends_find",
  text: `SELECT ${columns} FROM queue.tasks WHERE task_id = ANY ($1::uuid[]) AND payload ? 'held'`
})

/** `$1` who sends, `$2` how many. */
const list = statement<Row>({
  name: "held_sends_list",
  text: `SELECT ${columns} FROM queue.tasks
    WHERE status = 'queued' AND payload ? 'held' AND payload -> 'held' ->> 'mailboxId' = $1::text
      AND available_at > now()
    ORDER BY available_at LIMIT $2::integer`
})

const recalled = "recalled by its author"

/**
 * `$1` task ids. Locked, so that nobody claims one of them meanwhile; none was claimed before it was due. A second recall
 * finds what the first one did.
 */
const recall = statement<{ readonly known: number; readonly recalled: number }>({
  name: "held_sends_recall",
  text: `WITH own AS MATERIALIZED (
      SELECT task_id, status = 'dropped' AND error = '${recalled}' AS is_recalled,
        status = 'queued' AND to_timestamp((payload ->> 'receivedAt')::double precision / 1000) > clock_timestamp() AS waits
      FROM queue.tasks WHERE task_id = ANY ($1::uuid[]) ORDER BY task_id FOR UPDATE
    ), gone AS (
      UPDATE queue.tasks SET status = 'dropped', error = '${recalled}', updated_at = now()
      WHERE task_id IN (SELECT task_id FROM own WHERE waits) AND (SELECT bool_and(waits) FROM own)
      RETURNING task_id, attempt, error
    ), told AS (
      INSERT INTO queue.task_events (task_id, event, payload)
      SELECT task_id, 'dropped', jsonb_build_object('attempt', attempt, 'error', error) FROM gone
    )
    SELECT (SELECT count(*) FROM own) AS known,
      (SELECT count(*) FROM own WHERE is_recalled) + (SELECT count(*) FROM gone) AS recalled`
})

/** Submissions whose tasks are not due yet, and can be taken back. */
export class HeldSends extends Context.Tag("postroom/storage/HeldSends")<
  HeldSends,
  {
    /** The held copy among the tasks, whatever became of it; null = there is none. */
    readonly find: (taskIds: ReadonlyArray<TaskId>) => Effect.Effect<HeldSend | null, Unavailable>
    /** Those that wait, the next to go first. */
    readonly list: (
      mailboxId: MailboxId,
      limit: number
    ) => Effect.Effect<ReadonlyArray<HeldSend>, Unavailable>
    /** Gives all of the tasks up, for good, or none of them: none once one is due. True where they are given up. */
    readonly recall: (taskIds: ReadonlyArray<TaskId>) => Effect.Effect<boolean, Unavailable>
  }
>() {
  static readonly layer: Layer.Layer<HeldSends, never, Postgres> = Layer.effect(
    HeldSends,
    Effect.map(Postgres, ({ query }) =>
      HeldSends.of({
        find: (taskIds) =>
          Effect.mapBoth(query(find, [taskIds]), {
            onFailure: away,
            onSuccess: ([row]) => (row === undefined ? null : fromRow(row))
          }),
        list: (mailboxId, limit) =>
          Effect.mapBoth(query(list, [mailboxId, limit]), {
            onFailure: away,
            onSuccess: (rows) => rows.map(fromRow)
          }),
        recall: (taskIds) =>
          Effect.mapBoth(query(recall, [taskIds]), {
            onFailure: away,
            onSuccess: ([row]) => row !== undefined && row.known > 0 && row.known === row.recalled
          })
      })
    )
  )
}

const away = (cause: PostgresError) => new Unavailable({ what: "storage", cause })

const fromRow = (row: Row): HeldSend => ({
  operationId: OperationId(row.operation_id),
  blobKey: BlobKey(row.blob_key),
  checksum: row.checksum,
  sendAt: row.send_at
})
