import type { NewTask, Payload } from "./Streams.ts"

/** A task as the publishing statements read it. */
export interface NewTaskRow {
  readonly task_id: string
  readonly type: string
  readonly work_key: string | null
  readonly tenant_id: string | null
  readonly correlation_id: string
  readonly payload: Payload
  /** Epoch milliseconds. */
  readonly not_before: number | null
}

const widened = (
  name: "from" | "to",
  {
    older,
    newer,
    pick
  }: { readonly older: Payload; readonly newer: Payload; readonly pick: (...of: Array<number>) => number }
): Payload => {
  const [left, right] = [older[name], newer[name]]
  return typeof left === "number" && typeof right === "number" ? { [name]: pick(left, right) } : {}
}

/** The newer payload's fields replace the older's; a numeric `from` keeps the smaller, a numeric `to` the larger value. */
export const mergePayloads = (older: Payload, newer: Payload): Payload => ({
  ...older,
  ...newer,
  ...widened("from", { older, newer, pick: Math.min }),
  ...widened("to", { older, newer, pick: Math.max })
})

const earlier = (left: number | null, right: number | null): number | null =>
  left === null || right === null ? null : Math.min(left, right)

const toRow = (task: NewTask): NewTaskRow => ({
  task_id: task.taskId,
  type: task.stream,
  work_key: task.workKey,
  tenant_id: task.tenantId,
  correlation_id: task.correlationId,
  payload: task.payload,
  not_before: task.notBefore
})

/**
 * One row per task id, and one per stream and work key: a statement may not touch a queued row twice. Sorted by key,
 * so that statements that meet lock rows in the same order.
 */
export const newTaskRows = (tasks: ReadonlyArray<NewTask>): ReadonlyArray<NewTaskRow> => {
  const rows = new Map<string, NewTaskRow>()
  for (const [taskId, task] of new Map(tasks.map((one) => [one.taskId, one]))) {
    const row = toRow(task)
    const identity = task.workKey === null ? taskId : `${task.stream}\0${task.workKey}`
    const before = rows.get(identity)
    rows.set(
      identity,
      before === undefined
        ? row
        : {
            ...before,
            payload: mergePayloads(before.payload, row.payload),
            not_before: earlier(before.not_before, row.not_before)
          }
    )
  }
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row)
}
