CREATE SCHEMA audit;

-- Every protocol and admin action. Holds ids, never content, subjects or addresses.
CREATE TABLE audit.events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ts timestamptz NOT NULL,
  actor text NOT NULL,
  actor_ip inet,
  action text NOT NULL,
  resource text NOT NULL,
  correlation_id text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX events_by_time ON audit.events USING brin (ts);
CREATE INDEX events_by_correlation ON audit.events (correlation_id);

CREATE SCHEMA cluster;

-- Epochs never go back, whatever happens to the shard map: they are counted here.
CREATE TABLE cluster.shards (
  shard integer PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  owner text,
  acquired_at timestamptz
);

-- Fixed when the deployment is made: shard = hash(mailbox) mod shard_count.
CREATE TABLE cluster.settings (
  name text PRIMARY KEY,
  value text NOT NULL
);
