import { statement } from "../postgres.ts"
import type { StreamName } from "./Streams.ts"
import { endAs, lazily, merged, requeue } from "./sqlParts.ts"

interface TaskId {
  readonly task_id: string
}

/** `$1`: an array of `NewTaskRow`. */
const newRows = `jsonb_to_recordset($1::jsonb) AS row (task_id uuid, type text, work_key text, tenant_id uuid,
      correlation_id text, payload jsonb, not_before double precision)`
const columns = "task_id, type, work_key, tenant_id, correlation_id, payload, available_at, created_at"
/** Patience with a task, and how long it took, begin when it is due. */
const fields = `row.task_id, row.type, row.work_key, row.tenant_id, row.correlation_id, row.payload,
      coalesce(to_timestamp(row.not_before / 1000), now()), greatest(to_timestamp(row.not_before / 1000), now())`

export const publish = statement({
  name: "streams_publish",
  text: `INSERT INTO queue.tasks (${columns}) SELECT ${fields} FROM ${newRows} ON CONFLICT DO NOTHING`
})

const mergedWaiting = merged("waiting.payload", "excluded.payload")

/** As `publish`, where some rows have a work key. A waiting task that has failed before keeps its time of retry. */
export const publishKeyed = statement({
  name: "streams_publish_keyed",
  text: `WITH plain AS (
      INSERT INTO queue.tasks (${columns}) SELECT ${fields} FROM ${newRows} WHERE row.work_key IS NULL
      ON CONFLICT DO NOTHING
    )
    INSERT INTO queue.tasks AS waiting (${columns}) SELECT ${fields} FROM ${newRows}
    WHERE row.work_key IS NOT NULL AND NOT EXISTS (SELECT FROM queue.tasks AS known WHERE known.task_id = row.task_id)
    ON CONFLICT (type, work_key) WHERE status = 'queued' AND work_key IS NOT NULL DO UPDATE
    SET payload = ${mergedWaiting}, updated_at = now(),
      available_at = CASE WHEN waiting.attempt > 0 THEN waiting.available_at
        ELSE least(waiting.available_at, excluded.available_at) END
    WHERE waiting.payload IS DISTINCT FROM (${mergedWaiting}) OR excluded.available_at < waiting.available_at`
})

/** `$1` task id. */
export const has = statement<TaskId>({
  name: "streams_has",
  text: "SELECT task_id FROM queue.tasks WHERE task_id = $1::uuid"
})

export interface TaskRow extends TaskId {
  readonly attempt: number
  readonly correlation_id: string
  readonly tenant_id: string | null
  readonly payload: Readonly<Record<string, unknown>>
  readonly created_at: number
}

/**
 * `$1` stream, `$2` how many, `$3` claim id, `$4` milliseconds of hold. `= ANY (ARRAY (…))` and no join: not knowing
 * `$2`, the planner would hash the whole table.
 */
export const claim = statement<TaskRow>({
  name: "streams_claim",
  text: `UPDATE queue.tasks SET status = 'running', claim_id = $3::uuid, attempt = attempt + 1, updated_at = now(),
      available_at = now() + $4::double precision * interval '1 millisecond'
    WHERE task_id = ANY (ARRAY (
      SELECT due.task_id FROM queue.tasks AS due
      WHERE due.type = $1 AND due.status = 'queued' AND due.available_at <= now() AND ${lazily}
      ORDER BY due.available_at LIMIT $2::integer FOR UPDATE SKIP LOCKED
    ))
    RETURNING task_id, attempt, correlation_id, tenant_id, payload, created_at`
})

/** `$1` task ids, `$2` the claim id of each. */
export const ack = statement({
  name: "streams_ack",
  text: `UPDATE queue.tasks AS task SET status = 'done', claim_id = NULL, error = NULL, updated_at = now()
    FROM unnest($1::uuid[], $2::uuid[]) AS held (task_id, claim_id)
    WHERE task.task_id = held.task_id AND task.claim_id = held.claim_id AND task.status = 'running' AND ${lazily}`
})

/** `$1` task id, `$2` claim id, `$3` error. Waited for: this is the end of the task. */
export const bury = statement<TaskId>({
  name: "streams_bury",
  text: endAs("dead", {
    which: "task_id = $1::uuid AND claim_id = $2::uuid AND status = 'running'",
    error: "$3::text"
  })
})

/** `$1` task id, `$2` claim id, `$3` milliseconds until the next attempt, `$4` error. */
export const retry = statement<TaskId>({
  name: "streams_retry",
  text: requeue(
    `SELECT *, attempt AS next_attempt, now() + $3::double precision * interval '1 millisecond' AS next_at,
        $4::text AS next_error, 'retry'::text AS event
      FROM queue.tasks WHERE task_id = $1::uuid AND claim_id = $2::uuid AND status = 'running' AND ${lazily} FOR UPDATE`
  )
})

/** `$1` task ids, `$2` the claim id of each, `$3` milliseconds until each may be taken again. */
export const release = statement<TaskId>({
  name: "streams_release",
  text: requeue(
    `SELECT task.*, task.attempt - 1 AS next_attempt, now() + held.delay * interval '1 millisecond' AS next_at,
        task.error AS next_error, NULL::text AS event
      FROM queue.tasks AS task, unnest($1::uuid[], $2::uuid[], $3::double precision[]) AS held (task_id, claim_id, delay)
      WHERE task.task_id = held.task_id AND task.claim_id = held.claim_id AND task.status = 'running' AND ${lazily}
      ORDER BY task.task_id FOR UPDATE OF task`
  )
})

/** `$1` streams. Every claim ends now: the next sweep frees what was claimed. */
export const endClaims = statement({
  name: "streams_end_claims",
  text: `UPDATE queue.tasks SET available_at = now(), updated_at = now()
    WHERE type = ANY ($1::text[]) AND status = 'running' AND available_at > now()`
})

/** Locks what it selects; nobody waits for it. */
const expired = (condition: string) =>
  `SELECT due.task_id FROM queue.tasks AS due
        WHERE due.type = ANY ($1::text[]) AND due.status = 'running' AND due.available_at <= now() AND ${condition}
        ORDER BY due.task_id LIMIT $3::integer FOR UPDATE SKIP LOCKED`

/** `$1` streams, `$2` most attempts, `$3` how many. */
export const freeExpired = statement<TaskId>({
  name: "streams_free_expired",
  text: requeue(
    `SELECT *, attempt AS next_attempt, now() AS next_at, error AS next_error, 'claim ended'::text AS event
      FROM queue.tasks WHERE task_id = ANY (ARRAY (${expired("due.attempt < $2::integer")}))`
  )
})

/** `$1` streams, `$2` most attempts, `$3` how many: a task whose every holder vanished is as dead as one that failed as often. */
export const buryExpired = statement<TaskId>({
  name: "streams_bury_expired",
  text: endAs("dead", {
    which: `task_id = ANY (ARRAY (${expired("due.attempt >= $2::integer")}))`,
    error: "coalesce(error, 'No worker finished it before its claim ended.')"
  })
})

const chosenDead = "type = $1 AND status = 'dead' AND ($2::uuid[] IS NULL OR task_id = ANY ($2::uuid[]))"

/** `$1` stream, `$2` task ids or null for all, `$3` how many, `$4` milliseconds from one to the next, `$5` until the first. */
export const replay = statement<TaskId>({
  name: "streams_replay",
  text: requeue(
    `SELECT dead.*, 0 AS next_attempt, NULL::text AS next_error, 'replayed'::text AS event, now()
        + ($5::double precision + $4::double precision * (row_number() OVER (ORDER BY task_id) - 1)) * interval '1 millisecond'
        AS next_at
      FROM (SELECT * FROM queue.tasks WHERE ${chosenDead} ORDER BY task_id LIMIT $3::integer FOR UPDATE) AS dead`
  )
})

/** `$1` stream, `$2` task ids or null for all. */
export const drop = statement<TaskId>({
  name: "streams_drop",
  text: endAs("dropped", { which: chosenDead, error: "error" })
})

/** What errors have in common that differ in whom or what they are about. */
const cause =
  "regexp_replace(coalesce(error, ''), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+', '#', 'gi')"

/** `$1` stream, `$2` the last task id seen or null, `$3` how many, `$4` a cause or null. */
export const deadLetters = statement<TaskRow & { readonly error: string | null; readonly died_at: number }>({
  name: "streams_dead_letters",
  text: `SELECT task_id, attempt, correlation_id, tenant_id, payload, created_at, error, updated_at AS died_at
    FROM queue.tasks WHERE type = $1 AND status = 'dead' AND ($2::uuid IS NULL OR task_id > $2::uuid)
      AND ($4::text IS NULL OR ${cause} = $4::text)
    ORDER BY task_id LIMIT $3::integer`
})

/** `$1` streams, `$2` a tenant or null. */
export const causes = statement<{
  readonly type: StreamName
  readonly cause: string
  readonly tasks: number
  readonly first_died_at: number
  readonly last_died_at: number
}>({
  name: "streams_causes",
  text: `SELECT type, ${cause} AS cause, count(*) AS tasks, min(updated_at) AS first_died_at, max(updated_at) AS last_died_at
    FROM queue.tasks
    WHERE type = ANY ($1::text[]) AND status = 'dead' AND ($2::uuid IS NULL OR tenant_id = $2::uuid)
    GROUP BY 1, 2 ORDER BY tasks DESC, 1, 2`
})

/** Reads the two partial indexes alone, so it costs what waits, runs or is dead, however many tasks are done. */
export const stats = statement<{
  readonly type: string
  readonly queued: number
  readonly running: number
  readonly dead: number
  readonly lag_millis: number
}>({
  name: "streams_stats",
  text: `SELECT type, sum(queued)::bigint AS queued, sum(running)::bigint AS running, sum(dead)::bigint AS dead,
      max(lag)::double precision AS lag_millis
    FROM (
      SELECT type, count(*) FILTER (WHERE status = 'queued') AS queued,
        count(*) FILTER (WHERE status = 'running') AS running, 0 AS dead,
        coalesce(extract(epoch FROM now() - min(CASE WHEN attempt = 0 THEN available_at ELSE created_at END)
          FILTER (WHERE status = 'running' OR available_at <= now())) * 1000, 0) AS lag
      FROM queue.tasks WHERE status IN ('queued', 'running') GROUP BY type
      UNION ALL
      SELECT type, 0, 0, count(*), 0 FROM queue.tasks WHERE status = 'dead' GROUP BY type
    ) AS part
    GROUP BY type`
})

/** `$1` streams, `$2` who rings. Sent outside of the commits it tells of: NOTIFY makes commits wait for each other. */
export const ring = statement({
  name: "streams_ring",
  text: "SELECT pg_notify('queue_tasks', stream || ' ' || $2) FROM unnest($1::text[]) AS stream"
})

/** Asks who else is there. `$1` who asks. */
export const hello = statement({
  name: "streams_hello",
  text: "SELECT pg_notify('queue_tasks', 'hello ' || $1::text)"
})

/** `$1` milliseconds to keep, `$2` how many. */
export const prune = statement<TaskId>({
  name: "streams_prune",
  text: `WITH gone AS (
      DELETE FROM queue.tasks WHERE task_id = ANY (ARRAY (
        SELECT old.task_id FROM queue.tasks AS old
        WHERE old.created_at < now() - $1::double precision * interval '1 millisecond'
          AND old.updated_at < now() - $1::double precision * interval '1 millisecond'
          AND old.status IN ('done', 'bounced', 'dropped') AND ${lazily}
        LIMIT $2::integer FOR UPDATE SKIP LOCKED
      ))
      RETURNING task_id
    ), untold AS (
      DELETE FROM queue.task_events WHERE task_id = ANY (ARRAY (SELECT task_id FROM gone))
    )
    SELECT task_id FROM gone`
})
