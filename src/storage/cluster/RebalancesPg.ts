import { randomUUID } from "node:crypto"
import { Effect, Layer } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { RunnerId, ShardId } from "../../domain/ids.ts"
import { Postgres, type PostgresError, type SqlValue, type Statement, statement } from "../postgres.ts"
import {
  type MoveState,
  type Rebalance,
  type RebalanceState,
  Rebalances,
  type RunnerShare,
  type WholeRebalance
} from "./Rebalances.ts"

interface Row {
  readonly id: string
  readonly state: RebalanceState
  readonly reason: string
  readonly reverses: string | null
  readonly max_moving: number
  readonly spread_before: number
  readonly spread_after: number
  readonly shares: ReadonlyArray<{
    readonly runnerId: string
    readonly before: number
    readonly after: number
  }>
  readonly planned_at: number
  readonly started_at: number | null
  readonly ended_at: number | null
  readonly total: number
  readonly ended: number
  readonly moving: number
}

interface MoveRow {
  readonly shard: number
  readonly from_runner: string
  readonly to_runner: string
  readonly load: number
  readonly state: MoveState
  readonly moving_millis: number
}

/**
 * `$1` id, `$2` state, `$3` reverses, `$4` most moving, `$5` `$6` spread, `$7` shares, then the moves, column by column. What
 * is three months old is forgotten.
 */
const insert = statement<{ readonly id: string }>({
  name: "rebalances_insert",
  text: `WITH forgotten AS (
      DELETE FROM cluster.rebalances
      WHERE planned_at < now() - interval '90 days' AND state NOT IN ('running', 'paused')
    ), rebalance AS (
      INSERT INTO cluster.rebalances (id, state, reverses, max_moving, spread_before, spread_after, shares, started_at)
      VALUES ($1::uuid, $2, $3::uuid, $4, $5, $6, $7::jsonb, CASE WHEN $2 = 'running' THEN now() END)
      ON CONFLICT DO NOTHING RETURNING id
    ), moves AS (
      INSERT INTO cluster.rebalance_moves (rebalance_id, position, shard, from_runner, to_runner, load)
      SELECT rebalance.id, move.position - 1, move.shard, move.from_runner, move.to_runner, move.load
      FROM rebalance, unnest($8::integer[], $9::text[], $10::text[], $11::double precision[])
        WITH ORDINALITY AS move (shard, from_runner, to_runner, load, position)
    )
    SELECT id FROM rebalance`
})

const columns = `rebalance.*, coalesce(count.total, 0) AS total, coalesce(count.ended, 0) AS ended,
      coalesce(count.moving, 0) AS moving
    FROM cluster.rebalances AS rebalance CROSS JOIN LATERAL (
      SELECT count(*) AS total, count(*) FILTER (WHERE state IN ('done', 'skipped', 'failed')) AS ended,
        count(*) FILTER (WHERE state = 'moving') AS moving
      FROM cluster.rebalance_moves WHERE rebalance_id = rebalance.id
    ) AS count`

/** `$1` id, or null for the latest. */
const find = statement<Row>({
  name: "rebalances_find",
  text: `SELECT ${columns} WHERE $1::uuid IS NULL OR rebalance.id = $1::uuid
    ORDER BY rebalance.planned_at DESC, rebalance.id LIMIT 1`
})

const list = statement<Row>({
  name: "rebalances_list",
  text: `SELECT ${columns} ORDER BY rebalance.planned_at DESC, rebalance.id LIMIT $1`
})

// One under way goes before a stopped one that ends its last moves.
const active = statement<Row>({
  name: "rebalances_active",
  text: `SELECT ${columns} WHERE rebalance.state IN ('running', 'paused') OR (rebalance.state = 'stopped' AND EXISTS (
      SELECT FROM cluster.rebalance_moves WHERE rebalance_id = rebalance.id AND state = 'moving'))
    ORDER BY rebalance.state = 'stopped', rebalance.planned_at DESC LIMIT 1`
})

const moves = statement<MoveRow>({
  name: "rebalances_moves",
  text: `SELECT shard, from_runner, to_runner, load, state,
      CASE WHEN state = 'moving' THEN extract(epoch FROM now() - began_at) * 1000 ELSE 0 END::double precision AS moving_millis
    FROM cluster.rebalance_moves WHERE rebalance_id = $1::uuid ORDER BY position`
})

/** What failed before is tried again. */
const begin = statement<{ readonly id: string }>({
  name: "rebalances_begin",
  text: `WITH begun AS (
      UPDATE cluster.rebalances SET state = 'running', reason = '', started_at = coalesce(started_at, now()), ended_at = NULL
      WHERE id = $1::uuid AND state IN ('planned', 'stopped') RETURNING id
    ), again AS (
      UPDATE cluster.rebalance_moves SET state = 'waiting', began_at = NULL
      WHERE rebalance_id IN (SELECT id FROM begun) AND state = 'failed'
    )
    SELECT id FROM begun`
})

const stop = statement<{ readonly id: string }>({
  name: "rebalances_stop",
  text: `UPDATE cluster.rebalances SET state = 'stopped', reason = $2, ended_at = now()
    WHERE id = $1::uuid AND state IN ('running', 'paused') RETURNING id`
})

/**
 * `$1` id, `$2` positions, `$3` the state of each, `$4` state, `$5` reason. Locked first: whether it was stopped is known when
 * moves begin. A coordinator that slept changes nothing of what is over.
 */
const advance = statement<{ readonly position: number }>({
  name: "rebalances_advance",
  text: `WITH rebalance AS (
      SELECT state FROM cluster.rebalances WHERE id = $1::uuid FOR UPDATE
    ), moved AS (
      UPDATE cluster.rebalance_moves AS move SET state = step.state, began_at = coalesce(move.began_at, now())
      FROM rebalance, unnest($2::integer[], $3::text[]) AS step (position, state)
      WHERE move.rebalance_id = $1::uuid AND move.position = step.position AND (move.state = 'moving'
        OR move.state = 'waiting' AND (step.state <> 'moving' OR rebalance.state IN ('running', 'paused')))
      RETURNING move.position
    ), told AS (
      UPDATE cluster.rebalances SET state = $4, reason = $5,
        ended_at = CASE WHEN $4 IN ('done', 'stopped') THEN now() END
      WHERE id = $1::uuid AND state IN ('running', 'paused') AND (state, reason) IS DISTINCT FROM ($4, $5)
    )
    SELECT position FROM moved`
})

const unavailable = (cause: PostgresError) => new Unavailable({ what: "storage", cause })

const fromRow = (row: Row): Rebalance => ({
  id: row.id,
  state: row.state,
  reason: row.reason,
  reverses: row.reverses,
  maxMoving: row.max_moving,
  spreadBefore: row.spread_before,
  spreadAfter: row.spread_after,
  shares: row.shares.map(
    ({ runnerId, ...share }): RunnerShare => ({ ...share, runnerId: RunnerId(runnerId) })
  ),
  plannedAt: row.planned_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  total: row.total,
  ended: row.ended,
  moving: row.moving
})

export const layer: Layer.Layer<Rebalances, never, Postgres> = Layer.effect(
  Rebalances,
  Effect.map(Postgres, (postgres) => {
    const query = <R>(sql: Statement<R>, values: ReadonlyArray<SqlValue> = []) =>
      Effect.mapError(postgres.query(sql, values), unavailable)

    const whole = (rows: ReadonlyArray<Row>): Effect.Effect<WholeRebalance | null, Unavailable> => {
      const [row] = rows
      if (row === undefined) return Effect.succeed(null)
      return Effect.map(query(moves, [row.id]), (found) => ({
        ...fromRow(row),
        moves: found.map((move) => ({
          shardId: ShardId(move.shard),
          from: RunnerId(move.from_runner),
          to: RunnerId(move.to_runner),
          load: move.load,
          state: move.state,
          movingMillis: move.moving_millis
        }))
      }))
    }

    return Rebalances.of({
      add: (plan, { begins, reverses }) =>
        Effect.gen(function* () {
          const written = yield* query(insert, [
            randomUUID(),
            begins ? "running" : "planned",
            reverses,
            plan.maxMoving,
            plan.spreadBefore,
            plan.spreadAfter,
            JSON.stringify(plan.shares),
            plan.moves.map(({ shardId }) => shardId),
            plan.moves.map(({ from }) => from),
            plan.moves.map(({ to }) => to),
            plan.moves.map(({ load }) => load)
          ])
          const [row] = written
          return row === undefined ? null : yield* Effect.flatMap(query(find, [row.id]), whole)
        }),
      find: (id) => Effect.flatMap(query(find, [id]), whole),
      list: (limit) => Effect.map(query(list, [limit]), (rows) => rows.map(fromRow)),
      active: Effect.flatMap(query(active), whole),
      begin: (id) =>
        postgres.query(begin, [id]).pipe(
          Effect.map((rows) => rows.length > 0),
          Effect.catchTag("PostgresRejected", (error) =>
            error.constraint === "rebalances_active" ? Effect.succeed(false) : Effect.fail(error)
          ),
          Effect.mapError(unavailable)
        ),
      stop: (id, reason) => Effect.map(query(stop, [id, reason]), (rows) => rows.length > 0),
      advance: (id, { moves: changed, state, reason }) =>
        Effect.map(
          query(advance, [id, [...changed.keys()], [...changed.values()], state, reason]),
          (rows) => new Set(rows.map(({ position }) => position))
        )
    })
  })
)
