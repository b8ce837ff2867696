import { Context, type Effect } from "effect"
import type { CorrelationId } from "../../domain/ids.ts"

/** One action of a protocol or an administrator, as `audit.events` keeps it. Ids and counts, never content. */
export interface AuditEvent {
  /** Epoch milliseconds. */
  readonly at: number
  /** `user:<id>`, `service:<name>`, `operator`, or `anonymous`. */
  readonly actor: string
  /** IP address of the peer; null for calls within the process. */
  readonly actorIp: string | null
  /** `<Service>/<Method>`, e.g. `MailboxService/GetRaw`. */
  readonly action: string
  /** What it was done to, e.g. `mailbox:<id>/folder:3`. */
  readonly resource: string
  readonly correlationId: CorrelationId
  readonly details: Readonly<Record<string, string | number | boolean>>
}

/** The audit trail. */
export class Audit extends Context.Tag("postroom/storage/Audit")<
  Audit,
  {
    /** Takes the event down; it is written soon, together with others. Never fails and never waits. */
    readonly record: (event: AuditEvent) => Effect.Effect<void>
  }
>() {}
