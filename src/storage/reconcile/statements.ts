import { statement } from "../postgres.ts"
import type { BlobProblem } from "./BlobReferences.ts"

/** `$1` the last tenant seen or null, `$2` how many. */
export const tenants = statement<{ readonly id: string }>({
  name: "blobs_tenants",
  text: "SELECT id FROM mail_state.tenants WHERE ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2"
})

/** Blobs of tasks that are not done for good. Two selects, because each has an index of its own. */
const waiting = (keys: string) => `waiting AS MATERIALIZED (
      SELECT payload ->> 'blobKey' AS blob_key FROM queue.tasks
      WHERE status IN ('queued', 'running') AND payload ->> 'blobKey' = ANY (${keys})
      UNION ALL
      SELECT payload ->> 'blobKey' FROM queue.tasks WHERE status = 'dead' AND payload ->> 'blobKey' = ANY (${keys})
    )`

/**
 * Of the blobs in `from` those that nobody needs. In one statement, which sees one moment: a task that is done in it has
 * left its messages, and one that has not left them yet still waits.
 */
const loose = (from: string) => `loose AS (
      SELECT blob.* FROM ${from} AS blob
      WHERE NOT EXISTS (SELECT FROM mail_state.messages AS message WHERE message.content_id = blob.content_id)
        AND NOT EXISTS (
          SELECT FROM mail_state.held_messages AS kept JOIN mail_state.holds AS hold ON hold.user_id = kept.user_id
          WHERE kept.content_id = blob.content_id
        )
        AND NOT EXISTS (SELECT FROM waiting WHERE waiting.blob_key = blob.blob_key)
    )`

/** `$1` keys, `$2` the content id of each, `$3` their sizes. */
export const sight = statement<{ readonly blob_key: string }>({
  name: "blobs_sight",
  text: `WITH given AS MATERIALIZED (
      SELECT * FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS given (blob_key, content_id, size_bytes)
    ), ${waiting("$1::text[]")}, ${loose("given")},
    noted AS (
      INSERT INTO mail_state.blob_findings AS finding (blob_key, content_id, problem, size_bytes)
      SELECT blob_key, content_id, 'unreferenced', size_bytes FROM loose
      ON CONFLICT (blob_key) DO UPDATE SET problem = 'unreferenced', found_at = now()
        WHERE finding.problem <> 'unreferenced'
    ), forgotten AS (
      DELETE FROM mail_state.blob_findings AS finding
      WHERE finding.problem = 'unreferenced' AND finding.blob_key = ANY ($1::text[])
        AND NOT EXISTS (SELECT FROM loose WHERE loose.blob_key = finding.blob_key)
    )
    SELECT blob_key FROM loose`
})

/** `$1` the last key seen or null, `$2` how many, `$3` milliseconds of grace. */
export const due = statement<{
  readonly blob_key: string
  readonly content_id: string
  readonly size_bytes: number
  readonly is_due: boolean
  readonly is_known: boolean
}>({
  name: "blobs_due",
  text: `WITH noted AS MATERIALIZED (
      SELECT blob_key, content_id, size_bytes,
        found_at <= now() - $3::double precision * interval '1 millisecond' AS is_old
      FROM mail_state.blob_findings
      WHERE problem = 'unreferenced' AND ($1::text IS NULL OR blob_key > $1) ORDER BY blob_key LIMIT $2
    ), ${waiting("ARRAY (SELECT blob_key FROM noted)")}, ${loose("noted")},
    forgotten AS (
      DELETE FROM mail_state.blob_findings AS finding
      WHERE finding.problem = 'unreferenced' AND finding.blob_key IN (SELECT blob_key FROM noted)
        AND NOT EXISTS (SELECT FROM loose WHERE loose.blob_key = finding.blob_key)
    )
    SELECT noted.blob_key, noted.content_id, noted.size_bytes, noted.is_old AND loose.blob_key IS NOT NULL AS is_due,
      EXISTS (SELECT FROM mail_state.message_parts WHERE message_id = noted.content_id) AS is_known
    FROM noted LEFT JOIN loose ON loose.blob_key = noted.blob_key ORDER BY noted.blob_key`
})

/** `$1` milliseconds of grace. */
export const unknown = statement<{ readonly count: number }>({
  name: "blobs_unknown",
  text: `SELECT count(*) AS count FROM mail_state.blob_findings AS finding
    WHERE problem = 'unreferenced' AND found_at <= now() - $1::double precision * interval '1 millisecond'
      AND NOT EXISTS (SELECT FROM mail_state.message_parts WHERE message_id = finding.content_id)`
})

/** `$1` keys, `$2` content ids. What was kept for holds that have ended goes, too. */
export const forget = statement({
  name: "blobs_forget",
  text: `WITH parts AS (
      DELETE FROM mail_state.message_parts AS part WHERE part.message_id = ANY ($2::uuid[])
        AND NOT EXISTS (SELECT FROM mail_state.messages AS message WHERE message.content_id = part.message_id)
    ), kept AS (
      DELETE FROM mail_state.held_messages AS kept WHERE kept.content_id = ANY ($2::uuid[])
        AND NOT EXISTS (SELECT FROM mail_state.holds AS hold WHERE hold.user_id = kept.user_id)
    )
    DELETE FROM mail_state.blob_findings WHERE problem = 'unreferenced' AND blob_key = ANY ($1::text[])`
})

/** `$1` the last content seen, `$2` how many. */
export const referenced = statement<{
  readonly content_id: string
  readonly blob_key: string
  readonly checksum: string
  readonly size_bytes: number
  readonly problem: BlobProblem | null
}>({
  name: "blobs_referenced",
  text: `SELECT DISTINCT ON (row.content_id) row.content_id, row.blob_key, row.checksum, row.size_bytes, finding.problem
    FROM (
      (SELECT content_id, blob_key, checksum, size_bytes FROM mail_state.messages
        WHERE content_id > $1::uuid ORDER BY content_id LIMIT $2)
      UNION ALL
      (SELECT content_id, blob_key, checksum, size_bytes FROM mail_state.held_messages
        WHERE content_id > $1::uuid ORDER BY content_id LIMIT $2)
    ) AS row LEFT JOIN mail_state.blob_findings AS finding ON finding.blob_key = row.blob_key
    ORDER BY row.content_id LIMIT $2`
})

/** `$1` key, `$2` content id, `$3` problem, `$4` size. */
export const report = statement<{ readonly blob_key: string }>({
  name: "blobs_report",
  text: `INSERT INTO mail_state.blob_findings AS finding (blob_key, content_id, problem, size_bytes)
    SELECT $1::text, $2::uuid, $3::text, $4::bigint
    WHERE EXISTS (SELECT FROM mail_state.messages WHERE content_id = $2::uuid)
      OR EXISTS (SELECT FROM mail_state.held_messages WHERE content_id = $2::uuid)
    ON CONFLICT (blob_key) DO UPDATE SET problem = excluded.problem, size_bytes = excluded.size_bytes,
      found_at = CASE WHEN finding.problem = excluded.problem THEN finding.found_at ELSE now() END
    RETURNING blob_key`
})

/** `$1` key, `$2` problem. */
export const mended = statement({
  name: "blobs_mended",
  text: "DELETE FROM mail_state.blob_findings WHERE blob_key = $1 AND problem = $2"
})

export const forgetMissing = statement({
  name: "blobs_forget_missing",
  text: `DELETE FROM mail_state.blob_findings AS finding WHERE problem = 'missing'
    AND NOT EXISTS (SELECT FROM mail_state.messages WHERE content_id = finding.content_id)
    AND NOT EXISTS (SELECT FROM mail_state.held_messages WHERE content_id = finding.content_id)`
})

/** `$1` problem, `$2` the last key seen or null, `$3` how many. */
export const findings = statement<{
  readonly blob_key: string
  readonly problem: BlobProblem
  readonly size_bytes: number
  readonly found_at: number
}>({
  text: `SELECT blob_key, problem, size_bytes, found_at FROM mail_state.blob_findings
    WHERE problem = $1 AND ($2::text IS NULL OR blob_key > $2) ORDER BY blob_key LIMIT $3`
})

export const counts = statement<{ readonly problem: BlobProblem; readonly count: number }>({
  name: "blobs_counts",
  text: "SELECT problem, count(*) AS count FROM mail_state.blob_findings GROUP BY problem"
})
