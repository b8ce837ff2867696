import { CorrelationId } from "../../src/domain/ids.ts"
import type { SqlValue } from "../../src/storage/postgres.ts"
import { mergePayloads, type NewTaskRow } from "../../src/storage/streams/newTaskRows.ts"
import type { Payload } from "../../src/storage/streams/Streams.ts"
import * as sql from "../../src/storage/streams/statements.ts"
import type { Answers } from "./Answers.ts"

export interface TaskRow {
  readonly taskId: string
  readonly stream: string
  readonly workKey: string | null
  readonly tenantId: string | null
  readonly correlationId: CorrelationId
  payload: Payload
  status: "queued" | "running" | "done" | "dead"
  claimId: string | null
  attempt: number
  /** When it is due; of a claim, its end. */
  availableAt: number
  readonly createdAt: number
  error: string | null
}

type Values = ReadonlyArray<SqlValue>

const text = (value: SqlValue | undefined): string => String(value)
const list = (value: SqlValue | undefined): ReadonlyArray<string> =>
  Array.isArray(value) ? value.map(String) : []

/** `queue.tasks` in memory, under the statements of `StreamsPg`. */
export class TaskTable {
  readonly rows = new Map<string, TaskRow>()
  /** Those that wait or run. */
  private readonly open = new Set<TaskRow>()
  private readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  left(stream: string): ReadonlyArray<TaskRow> {
    return [...this.open].filter((row) => row.stream === stream)
  }

  addTo(answers: Answers, notify: (payload: string) => void): void {
    answers.on(sql.publish, (values) => this.publish(values))
    answers.on(sql.publishKeyed, (values) => this.publish(values))
    answers.on(sql.has, ([id]) => (this.rows.has(text(id)) ? [{ task_id: text(id) }] : []))
    answers.on(sql.claim, (values) => this.claim(values))
    answers.on(sql.ack, ([ids, claims]) => {
      for (const row of this.held(list(ids), list(claims))) this.end(row, "done", null)
      return []
    })
    answers.on(sql.bury, ([id, claim, error]) =>
      this.held([text(id)], [text(claim)]).map((row) => this.end(row, "dead", text(error)))
    )
    answers.on(sql.retry, ([id, claim, millis, error]) =>
      this.held([text(id)], [text(claim)]).map((row) =>
        this.requeue(row, { attempt: row.attempt, delay: Number(millis), error: text(error) })
      )
    )
    answers.on(sql.release, ([ids, claims, delays]) => this.release(list(ids), list(claims), list(delays)))
    answers.on(sql.buryExpired, ([, maxAttempts]) =>
      this.expired()
        .filter((row) => row.attempt >= Number(maxAttempts))
        .map((row) => this.end(row, "dead", row.error ?? "No worker finished it."))
    )
    answers.on(sql.freeExpired, ([, maxAttempts]) =>
      this.expired()
        .filter((row) => row.attempt < Number(maxAttempts))
        .map((row) => this.requeue(row, { attempt: row.attempt, delay: 0, error: row.error }))
    )
    answers.on(sql.prune, () => [])
    answers.on(sql.ring, ([streams, from]) => {
      for (const stream of list(streams)) notify(`${stream} ${text(from)}`)
      return []
    })
    answers.on(sql.hello, ([from]) => {
      notify(`hello ${text(from)}`)
      return []
    })
  }

  private publish([json]: Values): [] {
    const rows: ReadonlyArray<NewTaskRow> = JSON.parse(text(json))
    for (const row of rows) {
      if (this.rows.has(row.task_id)) continue
      const availableAt = row.not_before ?? this.now()
      const waiting = this.waiting(row.type, row.work_key)
      if (waiting === undefined) this.insert(row, availableAt)
      else {
        waiting.payload = mergePayloads(waiting.payload, row.payload)
        if (waiting.attempt === 0) waiting.availableAt = Math.min(waiting.availableAt, availableAt)
      }
    }
    return []
  }

  private insert(row: NewTaskRow, availableAt: number): void {
    const task: TaskRow = {
      taskId: row.task_id,
      stream: row.type,
      workKey: row.work_key,
      tenantId: row.tenant_id,
      correlationId: CorrelationId(row.correlation_id),
      payload: row.payload,
      status: "queued",
      claimId: null,
      attempt: 0,
      availableAt,
      createdAt: this.now(),
      error: null
    }
    this.rows.set(task.taskId, task)
    this.open.add(task)
  }

  private claim([stream, max, claimId, hold]: Values): ReadonlyArray<sql.TaskRow> {
    const due = [...this.open]
      .filter((row) => row.stream === stream && row.status === "queued" && row.availableAt <= this.now())
      .sort((left, right) => left.availableAt - right.availableAt)
      .slice(0, Number(max))
    return due.map((row) => {
      row.status = "running"
      row.claimId = text(claimId)
      row.attempt += 1
      row.availableAt = this.now() + Number(hold)
      return {
        task_id: row.taskId,
        attempt: row.attempt,
        correlation_id: row.correlationId,
        tenant_id: row.tenantId,
        payload: row.payload,
        created_at: row.createdAt
      }
    })
  }

  private release(
    ids: ReadonlyArray<string>,
    claims: ReadonlyArray<string>,
    delays: ReadonlyArray<string>
  ): ReadonlyArray<{ readonly task_id: string }> {
    const delayOf = new Map(ids.map((id, index) => [id, Number(delays[index] ?? 0)]))
    return this.held(ids, claims).map((row) =>
      this.requeue(row, { attempt: row.attempt - 1, delay: delayOf.get(row.taskId) ?? 0, error: row.error })
    )
  }

  private held(ids: ReadonlyArray<string>, claims: ReadonlyArray<string>): ReadonlyArray<TaskRow> {
    return ids.flatMap((id, index) => {
      const row = this.rows.get(id)
      return row?.status === "running" && row.claimId === claims[index] ? [row] : []
    })
  }

  private expired(): ReadonlyArray<TaskRow> {
    return [...this.open].filter((row) => row.status === "running" && row.availableAt <= this.now())
  }

  private waiting(stream: string, workKey: string | null): TaskRow | undefined {
    if (workKey === null) return undefined
    return [...this.open].find(
      (row) => row.stream === stream && row.workKey === workKey && row.status === "queued"
    )
  }

  /** Where another one of its key waits, that one takes over what it was about. */
  private requeue(
    row: TaskRow,
    next: { readonly attempt: number; readonly delay: number; readonly error: string | null }
  ): { readonly task_id: string } {
    const twin = this.waiting(row.stream, row.workKey)
    if (twin !== undefined) {
      twin.payload = mergePayloads(rangeOf(row.payload), twin.payload)
      return this.end(row, "done", null)
    }
    row.status = "queued"
    row.claimId = null
    row.attempt = next.attempt
    row.availableAt = this.now() + next.delay
    row.error = next.error
    return { task_id: row.taskId }
  }

  private end(row: TaskRow, status: "done" | "dead", error: string | null): { readonly task_id: string } {
    row.status = status
    row.claimId = null
    row.error = error
    this.open.delete(row)
    return { task_id: row.taskId }
  }
}

const rangeOf = ({ from, to }: Payload): Payload => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to })
})
