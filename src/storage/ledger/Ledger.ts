import { Context, Effect, Layer } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { Postgres, statement } from "../postgres.ts"

/** What became of every recipient of every accepted message: each is counted once. */
export interface Balance {
  readonly accepted: number
  readonly delivered: number
  readonly bounced: number
  readonly inFlight: number
  readonly deadLettered: number
  readonly dropped: number
  /** Recipients that are none of these: a message was lost. */
  readonly imbalance: number
}

// A recipient whose message is in the mailbox counts as delivered, whatever its task still waits for.
const balance = statement<Record<keyof Balance, number>>({
  name: "ledger_balance",
  text: `WITH recipients AS (
      SELECT task.task_id, task.type, task.status, (item ->> 'mailboxId')::uuid AS user_id
      FROM queue.tasks AS task, jsonb_array_elements(task.payload -> 'recipients') AS item
      WHERE task.type = 'mail_ingest'
      UNION ALL
      SELECT task.task_id, task.type, task.status, NULL
      FROM queue.tasks AS task, jsonb_array_elements(task.payload -> 'recipients')
      WHERE task.type = 'send'
    ), fates AS (
      SELECT CASE
        WHEN delivery.task_id IS NOT NULL OR (recipient.type = 'send' AND recipient.status = 'done') THEN 'delivered'
        WHEN recipient.status IN ('queued', 'running') THEN 'inFlight'
        ELSE recipient.status
      END AS fate
      FROM recipients AS recipient
      LEFT JOIN mail_state.deliveries AS delivery
        ON delivery.user_id = recipient.user_id AND delivery.task_id = recipient.task_id
    )
    SELECT count(*) AS accepted,
      count(*) FILTER (WHERE fate = 'delivered') AS delivered,
      count(*) FILTER (WHERE fate = 'bounced') AS bounced,
      count(*) FILTER (WHERE fate = 'inFlight') AS "inFlight",
      count(*) FILTER (WHERE fate = 'dead') AS "deadLettered",
      count(*) FILTER (WHERE fate = 'dropped') AS dropped,
      count(*) FILTER (WHERE fate NOT IN ('delivered', 'bounced', 'inFlight', 'dead', 'dropped')) AS imbalance
    FROM fates`
})

/** The ledger of DESIGN 1, as a query. Reads every task: for operators and tests, not for hot paths. */
export class Ledger extends Context.Tag("postroom/storage/Ledger")<
  Ledger,
  { readonly balance: Effect.Effect<Balance, Unavailable> }
>() {
  static readonly layer: Layer.Layer<Ledger, never, Postgres> = Layer.effect(
    Ledger,
    Effect.map(Postgres, ({ query }) => ({
      balance: query(balance).pipe(
        Effect.mapError((cause) => new Unavailable({ what: "storage", cause })),
        Effect.flatMap(([row]) =>
          row === undefined ? Effect.dieMessage("the ledger has no row") : Effect.succeed(row)
        )
      )
    }))
  )
}
