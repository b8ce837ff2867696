/**
 * Not waited for on disk. What a crash forgets this way (a claim, an ack, a retry) only repeats work that is idempotent;
 * and the WAL is one sequence, so that no ack can outlive the commit of the work that it speaks of.
 * A scalar sub-select, because a join with it would cost the plan its order.
 */
export const lazily = "(SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL"

/** Two payload expressions as one: see `mergePayloads`. */
export const merged = (older: string, newer: string) => {
  const widen = (name: string, pick: string) =>
    `CASE WHEN jsonb_typeof(${older} -> '${name}') = 'number' AND jsonb_typeof(${newer} -> '${name}') = 'number'
      THEN jsonb_build_object('${name}', ${pick}((${older} ->> '${name}')::numeric, (${newer} ->> '${name}')::numeric))
      ELSE '{}' END`
  return `${older} || ${newer} || ${widen("from", "least")} || ${widen("to", "greatest")}`
}

/**
 * The text of a statement that makes tasks wait again and gives the ids of those. `chosen` selects and locks them: all
 * columns of the task, and what becomes of it as `next_attempt`, `next_at`, `next_error` and `event` (null: not told).
 *
 * At most one task per stream and work key may wait. Where one waits already, and where several of a key come back at
 * once, one takes over the ranges of the others, and these are done.
 */
export const requeue = (chosen: string) => `WITH chosen AS (${chosen}),
    -- Locked, so that nobody claims it with its old range; one that was claimed meanwhile is none any more.
    twin AS (
      SELECT task.task_id, task.type, task.work_key FROM queue.tasks AS task
      WHERE task.status = 'queued' AND task.work_key IS NOT NULL
        AND (task.type, task.work_key) IN (SELECT type, work_key FROM chosen)
      FOR UPDATE
    ),
    placed AS (
      SELECT chosen.*, coalesce(twin.task_id, CASE WHEN chosen.work_key IS NULL THEN chosen.task_id
          ELSE first_value(chosen.task_id) OVER (PARTITION BY chosen.type, chosen.work_key
            ORDER BY chosen.created_at DESC, chosen.task_id DESC) END) AS target
      FROM chosen LEFT JOIN twin ON twin.type = chosen.type AND twin.work_key = chosen.work_key
    ),
    ranges AS (
      SELECT target,
        min((payload ->> 'from')::numeric) FILTER (WHERE jsonb_typeof(payload -> 'from') = 'number') AS lowest,
        max((payload ->> 'to')::numeric) FILTER (WHERE jsonb_typeof(payload -> 'to') = 'number') AS highest
      FROM placed WHERE target <> task_id GROUP BY target
    ),
    widths AS (
      SELECT target, CASE WHEN lowest IS NULL THEN '{}' ELSE jsonb_build_object('from', lowest) END
        || CASE WHEN highest IS NULL THEN '{}' ELSE jsonb_build_object('to', highest) END AS width
      FROM ranges
    ),
    back AS (
      UPDATE queue.tasks AS task SET status = 'queued', claim_id = NULL, attempt = placed.next_attempt,
        available_at = placed.next_at, error = placed.next_error, updated_at = now(),
        payload = CASE WHEN widths.target IS NULL THEN task.payload ELSE ${merged("widths.width", "task.payload")} END
      FROM placed LEFT JOIN widths ON widths.target = placed.task_id
      WHERE task.task_id = placed.task_id AND placed.target = placed.task_id
      RETURNING task.task_id
    ),
    taken_over AS (
      UPDATE queue.tasks AS task SET status = 'done', claim_id = NULL, updated_at = now()
      FROM placed WHERE task.task_id = placed.task_id AND placed.target <> placed.task_id
      RETURNING task.task_id, placed.target
    ),
    twins AS (
      UPDATE queue.tasks AS task SET updated_at = now(), payload = ${merged("widths.width", "task.payload")}
      FROM widths
      WHERE task.task_id = widths.target AND NOT EXISTS (SELECT FROM chosen WHERE chosen.task_id = task.task_id)
    ),
    told AS (
      INSERT INTO queue.task_events (task_id, event, payload)
      SELECT task_id, event, jsonb_build_object('attempt', attempt, 'error', coalesce(next_error, error))
      FROM placed WHERE event IS NOT NULL
      UNION ALL
      SELECT task_id, 'merged', jsonb_build_object('into', target) FROM taken_over
    )
    SELECT task_id FROM back UNION ALL SELECT task_id FROM taken_over`

/** The text of a statement that ends tasks as `status` and gives their ids. `which`: the condition that chooses them. */
export const endAs = (
  status: "dead" | "dropped",
  { which, error }: { readonly which: string; readonly error: string }
) =>
  `WITH ended AS (
      UPDATE queue.tasks SET status = '${status}', claim_id = NULL, updated_at = now(), error = ${error}
      WHERE ${which}
      RETURNING task_id, attempt, error
    ), told AS (
      INSERT INTO queue.task_events (task_id, event, payload)
      SELECT task_id, '${status}', jsonb_build_object('attempt', attempt, 'error', error) FROM ended
    )
    SELECT task_id FROM ended`
