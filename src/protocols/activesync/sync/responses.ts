import type { ChangeOutcome } from "../../../domain/sync/outcomes.ts"
import { serverIdOf } from "../content/serverId.ts"
import type { Element } from "../wbxml/element.ts"
import type { Response } from "./answer.ts"
import { failed } from "./failed.ts"
import type { ClientCommand } from "./SyncRequest.ts"

/** MS-ASCMD 2.2.3.177.17. */
const statuses = {
  Applied: 1,
  Conflict: 7,
  NotFound: 8,
  Invalid: 6,
  Quota: 9,
  Retry: 16
} as const satisfies Record<ChangeOutcome["status"], number>

/**
 * What a device is told of a command that was tried. An Add always, others where they failed (MS-ASCMD_R758) or made
 * attachments, whose references it must learn: those are in `properties`.
 */
export const responseOf = (
  command: ClientCommand,
  { status, messageId }: ChangeOutcome,
  properties: Element | null
): Response | null => {
  const response = failed(command, statuses[status])
  if (status !== "Applied") return response
  if (response._tag === "Add" && messageId !== null)
    return { ...response, serverId: serverIdOf(messageId), properties }
  return response._tag === "Change" && properties !== null ? { ...response, properties } : null
}
