import { randomUUID } from "node:crypto"
import { Context, Duration, Effect, Layer } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { Postgres, type SqlValue, type Statement, statement } from "../postgres.ts"

/** Work that goes on and on, in one process at a time. */
export const turnNames = ["retention", "blobs-unreferenced", "blobs-missing", "blobs-corrupt"] as const
export type TurnName = (typeof turnNames)[number]

/** Somebody's turn at a piece of work, until the hold is over. */
export interface Turn {
  readonly name: TurnName
  readonly holder: string
  /** Where the next step begins; null = at the beginning. */
  readonly cursor: string | null
}

/** How a piece of work stands. */
export interface TurnState {
  readonly name: TurnName
  /** For how long it has been due and not come to its end; 0 = it is not due. */
  readonly overdueMillis: number
}

// Two first looks at once: the row of one of them stands.
const begin = statement({
  name: "turns_begin",
  text: "INSERT INTO queue.turns (name) VALUES ($1) ON CONFLICT DO NOTHING"
})

const take = statement<{ readonly cursor: string | null }>({
  name: "turns_take",
  text: `UPDATE queue.turns SET holder = $2::uuid, held_until = now() + $3::double precision * interval '1 millisecond'
    WHERE name = $1 AND due_at <= now() AND held_until <= now() RETURNING cursor`
})

const keep = statement<{ readonly name: string }>({
  name: "turns_keep",
  text: `UPDATE queue.turns SET held_until = now() + $3::double precision * interval '1 millisecond',
      cursor = CASE WHEN $4 THEN $5 ELSE cursor END
    WHERE name = $1 AND holder = $2::uuid RETURNING name`
})

const leave = statement({
  name: "turns_leave",
  text: "UPDATE queue.turns SET holder = NULL, held_until = '-infinity' WHERE name = $1 AND holder = $2::uuid"
})

const finish = statement({
  name: "turns_finish",
  text: `UPDATE queue.turns SET holder = NULL, held_until = '-infinity', cursor = NULL, finished_at = now(),
      due_at = now() + $3::double precision * interval '1 millisecond'
    WHERE name = $1 AND holder = $2::uuid`
})

const states = statement<{ readonly name: string; readonly overdue_millis: number }>({
  name: "turns_states",
  text: "SELECT name, greatest(0, extract(epoch FROM now() - due_at) * 1000)::double precision AS overdue_millis FROM queue.turns"
})

/** Whose turn it is, and how far the work has come: both outlive the process. */
export class Turns extends Context.Tag("postroom/storage/Turns")<
  Turns,
  {
    /** Null where the work is not due, or it is somebody else's turn. */
    readonly take: (name: TurnName, hold: Duration.Duration) => Effect.Effect<Turn | null, Unavailable>
    /** Goes on holding it; false = somebody else has it. */
    readonly renew: (turn: Turn, hold: Duration.Duration) => Effect.Effect<boolean, Unavailable>
    /** The same, a step further. */
    readonly advance: (
      turn: Turn,
      cursor: string,
      hold: Duration.Duration
    ) => Effect.Effect<boolean, Unavailable>
    /** Somebody else may go on from the cursor, at once. */
    readonly leave: (turn: Turn) => Effect.Effect<void, Unavailable>
    /** It came to its end, and is due again after `interval`. */
    readonly finish: (turn: Turn, interval: Duration.Duration) => Effect.Effect<void, Unavailable>
    /** Of the works that were ever taken. */
    readonly states: Effect.Effect<ReadonlyArray<TurnState>, Unavailable>
  }
>() {
  static readonly layer: Layer.Layer<Turns, never, Postgres> = Layer.effect(
    Turns,
    Effect.map(Postgres, (postgres) => {
      const query = <Row>(sql: Statement<Row>, values: ReadonlyArray<SqlValue> = []) =>
        Effect.mapError(postgres.query(sql, values), (cause) => new Unavailable({ what: "storage", cause }))
      return Turns.of({
        take: (name, hold) =>
          Effect.gen(function* () {
            const holder = randomUUID()
            yield* query(begin, [name])
            const [row] = yield* query(take, [name, holder, Duration.toMillis(hold)])
            return row === undefined ? null : { name, holder, cursor: row.cursor }
          }),
        renew: ({ name, holder }, hold) =>
          Effect.map(
            query(keep, [name, holder, Duration.toMillis(hold), false, null]),
            (rows) => rows.length > 0
          ),
        advance: ({ name, holder }, cursor, hold) =>
          Effect.map(
            query(keep, [name, holder, Duration.toMillis(hold), true, cursor]),
            (rows) => rows.length > 0
          ),
        leave: ({ name, holder }) => Effect.asVoid(query(leave, [name, holder])),
        finish: ({ name, holder }, interval) =>
          Effect.asVoid(query(finish, [name, holder, Duration.toMillis(interval)])),
        states: Effect.map(query(states), (rows) =>
          rows.flatMap(({ name, overdue_millis }) =>
            isTurnName(name) ? [{ name, overdueMillis: overdue_millis }] : []
          )
        )
      })
    })
  )
}

const isTurnName = (name: string): name is TurnName => turnNames.some((known) => known === name)
