-- Work that must happen: Postgres holds the record, a stream is only the doorbell.

CREATE SCHEMA queue;

CREATE TABLE queue.tasks (
  task_id uuid PRIMARY KEY,
  -- The stream: mail_ingest, index, notify, retention, send.
  type text NOT NULL,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'done', 'dead', 'bounced', 'dropped')),
  attempt integer NOT NULL DEFAULT 0,
  -- Set where at most one queued task per key makes sense: a second one widens the first.
  work_key text,
  tenant_id uuid,
  correlation_id text NOT NULL,
  payload jsonb NOT NULL,
  -- Not before then: backoff and scheduled work. While running: when the claim ends.
  available_at timestamptz NOT NULL DEFAULT now(),
  -- Names the claim; only its holder may end it.
  claim_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  error text
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
-- What can be claimed, in order. Done tasks leave it, so that its size follows the depth of the queue.
CREATE INDEX tasks_waiting ON queue.tasks (type, available_at) WHERE status IN ('queued', 'running');
CREATE INDEX tasks_dead ON queue.tasks (type, updated_at) WHERE status = 'dead';
CREATE UNIQUE INDEX tasks_coalesce ON queue.tasks (type, work_key) WHERE status = 'queued' AND work_key IS NOT NULL;
CREATE INDEX tasks_by_age ON queue.tasks USING brin (created_at);

-- The story of tasks that did not simply succeed: retries, deaths, replays, drops.
CREATE TABLE queue.task_events (
  task_id uuid NOT NULL,
  ts timestamptz NOT NULL DEFAULT clock_timestamp(),
  event text NOT NULL,
  payload jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX task_events_by_task ON queue.task_events (task_id, ts);
