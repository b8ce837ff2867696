-- Moves of shards that even out what runners carry. Here, so that the next coordinator goes on where a dead one stopped.
CREATE TABLE cluster.rebalances (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('planned', 'running', 'paused', 'stopped', 'done')),
  reason text NOT NULL DEFAULT '',
  reverses uuid REFERENCES cluster.rebalances (id) ON DELETE SET NULL,
  max_moving integer NOT NULL,
  spread_before double precision NOT NULL,
  spread_after double precision NOT NULL,
  shares jsonb NOT NULL,
  planned_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  ended_at timestamptz
);
CREATE INDEX rebalances_by_time ON cluster.rebalances (planned_at);

-- One at a time.
CREATE UNIQUE INDEX rebalances_active ON cluster.rebalances ((true)) WHERE state IN ('running', 'paused');

CREATE TABLE cluster.rebalance_moves (
  rebalance_id uuid NOT NULL REFERENCES cluster.rebalances (id) ON DELETE CASCADE,
  position integer NOT NULL,
  shard integer NOT NULL,
  from_runner text NOT NULL,
  to_runner text NOT NULL,
  load double precision NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'moving', 'done', 'skipped', 'failed')),
  began_at timestamptz,
  PRIMARY KEY (rebalance_id, position)
);
