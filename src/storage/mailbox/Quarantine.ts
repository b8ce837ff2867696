import { Context, Effect, Layer } from "effect"
import { NotFound, Unavailable } from "../../domain/errors.ts"
import { Epoch, type MailboxId } from "../../domain/ids.ts"
import { Postgres, type SqlValue, type Statement, statement } from "../postgres.ts"

/** What Postgres knows of where a mailbox is, and whether it is shut. */
export interface MailboxStanding {
  /** Under which it was last claimed; 0 = never. */
  readonly epoch: Epoch
  /** Epoch milliseconds; null = it is not shut. */
  readonly quarantinedAt: number | null
}

interface Row {
  readonly epoch: number
  readonly quarantined_at: number | null
}

const find = statement<Row>({
  name: "quarantine_find",
  text: `SELECT coalesce(head.epoch, 0) AS epoch, head.quarantined_at
    FROM mail_state.users AS owner LEFT JOIN mail_state.heads AS head ON head.user_id = owner.id WHERE owner.id = $1::uuid`
})

const shut = statement<Row>({
  name: "quarantine_shut",
  text: `INSERT INTO mail_state.heads AS head (user_id, epoch, quarantined_at)
    SELECT id, 0, now() FROM mail_state.users WHERE id = $1::uuid
    ON CONFLICT (user_id) DO UPDATE SET quarantined_at = coalesce(head.quarantined_at, now())
    RETURNING epoch, quarantined_at`
})

const open = statement<Row>({
  name: "quarantine_open",
  text: `WITH opened AS (UPDATE mail_state.heads SET quarantined_at = NULL WHERE user_id = $1::uuid)
    SELECT 0 AS epoch, NULL AS quarantined_at FROM mail_state.users WHERE id = $1::uuid`
})

/** Shuts mailboxes, wherever they run: no commit to one that is shut goes through, and nobody activates it. */
export class Quarantine extends Context.Tag("postroom/storage/Quarantine")<
  Quarantine,
  {
    readonly standing: (mailboxId: MailboxId) => Effect.Effect<MailboxStanding, NotFound | Unavailable>
    readonly shut: (mailboxId: MailboxId) => Effect.Effect<void, NotFound | Unavailable>
    readonly open: (mailboxId: MailboxId) => Effect.Effect<void, NotFound | Unavailable>
  }
>() {
  static readonly layer: Layer.Layer<Quarantine, never, Postgres> = Layer.effect(
    Quarantine,
    Effect.map(Postgres, (postgres) => {
      const one = <R>(sql: Statement<R>, values: ReadonlyArray<SqlValue>) =>
        Effect.flatMap(
          Effect.mapError(
            postgres.query(sql, values),
            (cause) => new Unavailable({ what: "storage", cause })
          ),
          ([row]) => (row === undefined ? new NotFound({ what: "mailbox" }) : Effect.succeed(row))
        )
      return Quarantine.of({
        standing: (mailboxId) =>
          Effect.map(one(find, [mailboxId]), (row) => ({
            epoch: Epoch(row.epoch),
            quarantinedAt: row.quarantined_at
          })),
        shut: (mailboxId) => Effect.asVoid(one(shut, [mailboxId])),
        open: (mailboxId) => Effect.asVoid(one(open, [mailboxId]))
      })
    })
  )
}
