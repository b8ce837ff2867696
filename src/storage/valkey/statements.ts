import { statement } from "../postgres.ts"
import { lazily } from "../streams/sqlParts.ts"
import type { TaskRow } from "../streams/statements.ts"

const due = (task: string) =>
  `${task}.type = $1 AND ${task}.status = 'queued' AND ${task}.available_at <= now()`

/**
 * As `claim` of the streams, with `$5` the tasks that have an entry: these first, and then the oldest others. What comes
 * back is fewer than `$2` only where no more are due, so a lost entry delays nothing that somebody looks for.
 */
export const claimRung = statement<TaskRow>({
  name: "streams_claim_rung",
  text: `WITH rung AS (
      SELECT task.task_id FROM queue.tasks AS task
      WHERE task.task_id = ANY ($5::uuid[]) AND ${due("task")} AND ${lazily}
      FOR UPDATE SKIP LOCKED
    ), others AS (
      SELECT task.task_id FROM queue.tasks AS task
      WHERE ${due("task")} AND task.task_id <> ALL ($5::uuid[]) AND ${lazily}
      ORDER BY task.available_at LIMIT greatest(0, $2::integer - (SELECT count(*) FROM rung)) FOR UPDATE SKIP LOCKED
    )
    UPDATE queue.tasks SET status = 'running', claim_id = $3::uuid, attempt = attempt + 1, updated_at = now(),
      available_at = now() + $4::double precision * interval '1 millisecond'
    WHERE task_id = ANY (ARRAY (SELECT task_id FROM rung UNION ALL SELECT task_id FROM others))
    RETURNING task_id, attempt, correlation_id, tenant_id, payload, created_at`
})

export interface DiedRow extends TaskRow {
  readonly error: string | null
  /** Epoch milliseconds, and a number that orders those of the same one: the two parts of an entry's id. */
  readonly died_at: number
  readonly place: number
}

const diedAt = "floor(extract(epoch FROM updated_at) * 1000)::bigint"
const place = "('x' || right(task_id::text, 12))::bit(48)::bigint"

/**
 * Dead tasks of the stream `$1` after the place (`$2`, `$3`), in order; `$4` how many. Not the youngest: one that began
 * to die before them may still commit.
 */
export const died = statement<DiedRow>({
  name: "streams_died",
  text: `SELECT task_id, attempt, correlation_id, tenant_id, payload, created_at, error,
      ${diedAt} AS died_at, ${place} AS place
    FROM queue.tasks
    WHERE type = $1 AND status = 'dead' AND updated_at < now() - interval '1 second'
      AND updated_at >= to_timestamp(($2::double precision - 1) / 1000) AND (${diedAt}, ${place}) > ($2::bigint, $3::bigint)
    ORDER BY ${diedAt}, ${place} LIMIT $4::integer`
})

/** Those of the tasks `$1` that are dead. */
export const stillDead = statement<{ readonly task_id: string }>({
  name: "streams_still_dead",
  text: "SELECT task_id FROM queue.tasks WHERE task_id = ANY ($1::uuid[]) AND status = 'dead'"
})
