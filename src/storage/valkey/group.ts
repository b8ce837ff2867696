import { Duration, Effect, type Scope } from "effect"
import { isUuid } from "../../domain/ids.ts"
import { groupOf, type NewTask, type StreamName } from "../streams/Streams.ts"
import { array, fieldsOf } from "./replies.ts"
import type { Valkey, ValkeyCommand, ValkeyConnection } from "./Valkey.ts"
import type { ValkeyError } from "./ValkeyError.ts"

/** An entry of a stream: this task has come. Null where somebody else put something else there. */
export interface Rung {
  readonly entryId: string
  readonly taskId: string | null
}

/** Entries that nobody took make room for new ones; their tasks are found in Postgres. */
const maxEntries = 100_000
/** Of those that a consumer took and did not look after, per look. */
const maxAdopted = 1000
/** A consumer that was not seen for so long has gone, and is forgotten. */
const goneAfterMillis = 600_000

/** Says which task has come; what it is, is in its row. */
export const announce = ({ taskId, stream, correlationId, tenantId }: NewTask): ValkeyCommand => {
  const fields = ["task_id", taskId, "correlation_id", correlationId]
  const tenant = tenantId === null ? [] : ["tenant_id", tenantId]
  return ["xadd", stream, "MAXLEN", "~", maxEntries, "*", ...fields, ...tenant]
}

/** The consumer group of one stream, as one consumer sees it. */
export interface Group {
  /** Takes up to so many entries that are there. */
  readonly take: (max: number) => Effect.Effect<ReadonlyArray<Rung>, ValkeyError>
  /** Waits up to so long for entries. */
  readonly opened: (
    block: Duration.Duration
  ) => Effect.Effect<(max: number) => Effect.Effect<ReadonlyArray<Rung>, ValkeyError>, never, Scope.Scope>
  /** They are looked after; nobody need see them again. */
  readonly settle: (rung: ReadonlyArray<Rung>) => Effect.Effect<void, ValkeyError>
  /** Takes over what other consumers took at least so long ago and did not settle, and forgets those that have gone. */
  readonly adopt: (idle: Duration.Duration) => Effect.Effect<ReadonlyArray<Rung>, ValkeyError>
}

export const makeGroup = (valkey: typeof Valkey.Service, stream: StreamName, consumer: string): Group => {
  const group = groupOf[stream]
  /** From the beginning: entries may have come before the group, e.g. after somebody emptied Valkey. */
  const create = Effect.catchIf(
    valkey.run(["xgroup", "CREATE", stream, group, "0", "MKSTREAM"]),
    (error) => error._tag === "ValkeyRefused" && error.code === "BUSYGROUP",
    () => Effect.void
  )
  const inGroup = <A>(read: Effect.Effect<A, ValkeyError>) =>
    Effect.catchIf(
      read,
      (error) => error._tag === "ValkeyRefused" && ["NOGROUP", "UNBLOCKED"].includes(error.code),
      () => Effect.zipRight(create, read)
    )
  /** `after`: of what this consumer was given and did not settle; `>`: of what nobody was given. */
  const read = (
    connection: ValkeyConnection,
    {
      max,
      after = ">",
      waiting = []
    }: { readonly max: number; readonly after?: string; readonly waiting?: ReadonlyArray<string | number> }
  ) =>
    inGroup(
      Effect.map(
        connection.run([
          "xreadgroup",
          "GROUP",
          group,
          consumer,
          "COUNT",
          max,
          ...waiting,
          "STREAMS",
          stream,
          after
        ]),
        ([reply]) => array(array(array(reply)[0])[1]).flatMap(rungOf)
      )
    )

  const forgetGone = Effect.flatMap(valkey.run(["xinfo", "CONSUMERS", stream, group]), ([reply]) => {
    const gone = array(reply)
      .map(fieldsOf)
      .filter((one) => Number(one.get("pending")) === 0 && Number(one.get("idle")) > goneAfterMillis)
      .map((one): ValkeyCommand => ["xgroup", "DELCONSUMER", stream, group, String(one.get("name"))])
    return valkey.run(...gone)
  })

  return {
    take: (max) => read(valkey, { max }),
    opened: (block) =>
      Effect.map(valkey.blocking(block), (connection) => {
        const waiting = ["BLOCK", Duration.toMillis(block)]
        let after = ">"
        return (max) =>
          Effect.onExit(
            Effect.suspend(() => read(connection, { max, after, waiting })),
            (exit) =>
              Effect.sync(() => {
                // An answer that got lost had entries, perhaps, which nobody else is given: they are read again.
                if (exit._tag === "Failure") after = "0"
                else if (after !== ">") after = exit.value.at(-1)?.entryId ?? ">"
              })
          )
      }),
    settle: (rung) => {
      const ids = rung.map(({ entryId }) => entryId)
      return Effect.asVoid(valkey.run(["xack", stream, group, ...ids], ["xdel", stream, ...ids]))
    },
    adopt: (idle) => {
      const millis = Duration.toMillis(idle)
      const claim: ValkeyCommand = ["xautoclaim", stream, group, consumer, millis, "0-0", "COUNT", maxAdopted]
      const adopted = inGroup(
        Effect.map(valkey.run(claim), ([reply]) => array(array(reply)[1]).flatMap(rungOf))
      )
      return Effect.zipLeft(adopted, forgetGone)
    }
  }
}

const rungOf = (entry: unknown): ReadonlyArray<Rung> => {
  const [entryId, fields] = array(entry)
  const taskId = fieldsOf(fields).get("task_id")
  if (typeof entryId !== "string") return []
  return [{ entryId, taskId: typeof taskId === "string" && isUuid(taskId) ? taskId : null }]
}
