import type { ListWindow } from "../store/MailState.ts"
import type { Line } from "./conversations.ts"

/** Which row of the whole list a line begins with: a conversation is several rows and one line. */
export const rowAt = (
  index: number,
  { above, ids }: Pick<ListWindow, "above" | "ids">,
  lines: ReadonlyArray<Line>
): number => {
  if (index < above) return index
  const beyond = index - above - lines.length
  if (beyond >= 0) return above + ids.length + beyond
  const line = lines[index - above]
  return above + Math.max(0, line === undefined ? 0 : ids.indexOf(line.newest.id))
}
