import { Effect } from "effect"
import { isUuid } from "../../domain/ids.ts"
import type { Postgres, PostgresError } from "../postgres.ts"
import type { StreamName } from "../streams/Streams.ts"
import { array, fieldsOf } from "./replies.ts"
import * as sql from "./statements.ts"
import type { Valkey, ValkeyCommand } from "./Valkey.ts"
import type { ValkeyError } from "./ValkeyError.ts"

/** Kept in Valkey at most; Postgres has all. */
const maxEntries = 10_000
/** Per look. */
const page = 500

/**
 * `dlq:{stream}`: what Postgres says is dead, with payload and error, for who looks or listens there. An entry's id is made
 * of the time of death and the task's id, so that several processes can write it and an emptied Valkey is filled again.
 */
export interface DeadLetterStream {
  /** Adds those that died since the last one there. */
  readonly follow: Effect.Effect<void, PostgresError | ValkeyError>
  /** Removes those that were replayed or dropped. */
  readonly tidy: Effect.Effect<void, PostgresError | ValkeyError>
}

export const makeDeadLetterStream = (
  { run }: typeof Valkey.Service,
  { query }: typeof Postgres.Service,
  stream: StreamName
): DeadLetterStream => {
  const key = `dlq:${stream}`
  const last = Effect.map(run(["xrevrange", key, "+", "-", "COUNT", 1]), ([reply]) => {
    const [id] = array(array(reply)[0])
    const [millis = 0, place = 0] = typeof id === "string" ? id.split("-").map(Number) : []
    return { millis, place }
  })
  const diedAfter = Effect.flatMap(last, ({ millis, place }) =>
    query(sql.died, [stream, millis, place, page])
  )

  const tidyFrom = (start: string): Effect.Effect<void, PostgresError | ValkeyError> =>
    Effect.gen(function* () {
      const [reply] = yield* run(["xrange", key, start, "+", "COUNT", page])
      const entries = array(reply).flatMap(letterOf)
      const rows = yield* query(sql.stillDead, [entries.map(({ taskId }) => taskId)])
      const dead = new Set(rows.map(({ task_id }) => task_id))
      const ids = entries.filter(({ taskId }) => !dead.has(taskId)).map(({ id }) => id)
      if (ids.length > 0) yield* run(["xdel", key, ...ids])
      const last = entries.at(-1)
      if (array(reply).length === page && last !== undefined) yield* tidyFrom(`(${last.id}`)
    })

  return {
    follow: Effect.flatMap(diedAfter, (rows) =>
      // Refused where another process has just added the same.
      Effect.catchTag(run(...rows.map((row) => add(key, row))), "ValkeyRefused", () => Effect.void)
    ).pipe(Effect.asVoid),
    tidy: tidyFrom("-")
  }
}

const add = (key: string, { died_at, place, ...row }: sql.DiedRow): ValkeyCommand => {
  const fields = [
    ["task_id", row.task_id],
    ["correlation_id", row.correlation_id],
    ["tenant_id", row.tenant_id ?? ""],
    ["attempt", row.attempt],
    ["error", row.error ?? ""],
    ["payload", JSON.stringify(row.payload)]
  ]
  return ["xadd", key, "MAXLEN", "~", maxEntries, `${died_at}-${place}`, ...fields.flat()]
}

const letterOf = (entry: unknown): ReadonlyArray<{ readonly id: string; readonly taskId: string }> => {
  const [id, fields] = array(entry)
  const taskId = fieldsOf(fields).get("task_id")
  return typeof id === "string" && typeof taskId === "string" && isUuid(taskId) ? [{ id, taskId }] : []
}
