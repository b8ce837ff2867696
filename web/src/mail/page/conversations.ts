import type { MessageId } from "../../../../src/domain/ids.ts"
import type { MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { MailState } from "../store/MailState.ts"
import { grouped } from "./grouped.ts"

/** A line of the list: one message, or those of a conversation that lie in the folder, the newest first. */
export interface Line {
  /** The same for as long as the line is about the same. */
  readonly key: string
  readonly messages: ReadonlyArray<MessageRow>
  readonly newest: MessageRow
}

export const linesOf = (
  ids: ReadonlyArray<MessageId>,
  messages: MailState["messages"],
  isGrouped: boolean
): ReadonlyArray<Line> => {
  const rows = ids.flatMap((id) => messages.get(id) ?? [])
  if (!isGrouped) return rows.map((row) => ({ key: `m${row.id}`, messages: [row], newest: row }))
  return [...grouped(rows, ({ threadId }) => threadId)].flatMap(([threadId, of]) => {
    const [newest] = of
    return newest === undefined ? [] : [{ key: `t${threadId}`, messages: of, newest }]
  })
}
