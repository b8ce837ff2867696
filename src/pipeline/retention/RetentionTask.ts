import { Schema } from "effect"
import type { CorrelationId } from "../../domain/ids.ts"
import { MailboxId, TaskId } from "../../domain/ids.ts"
import type { PolicyMailbox } from "../../storage/retention/Retention.ts"
import type { NewTask } from "../../storage/streams/Streams.ts"
import { uuidV7 } from "../uuidV7.ts"

/** Work of the stream `retention`: look at a mailbox. What is too old there is found when it is done, not before. */
export const RetentionTask = Schema.Struct({ mailboxId: Schema.String.pipe(Schema.fromBrand(MailboxId)) })

/** At most one waits for each mailbox. */
export const retentionTask = (
  { mailboxId, tenantId }: PolicyMailbox,
  { now, correlationId }: { readonly now: number; readonly correlationId: CorrelationId }
): NewTask => ({
  taskId: TaskId(uuidV7(now)),
  stream: "retention",
  correlationId,
  tenantId,
  workKey: mailboxId,
  payload: { mailboxId } satisfies typeof RetentionTask.Encoded,
  notBefore: null
})
