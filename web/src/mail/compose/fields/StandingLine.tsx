import type { Words } from "../../../i18n/makeWords.ts"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import { useStore } from "../../../shell/store.ts"
import type { DraftSession, Standing } from "../session/DraftSession.ts"

/** Whether what is written is safe. */
export const StandingLine = ({ session }: { readonly session: DraftSession }) => {
  const words = useWords()
  const standing = useStore(session.standing)
  const isBad = standing._tag === "Kept" || standing._tag === "Refused" || standing._tag === "SendWaits"
  return (
    <span className="compose__standing" role="status" data-bad={isBad}>
      {textOf(standing, words)}
    </span>
  )
}

const textOf = (standing: Standing, words: Words): string => {
  switch (standing._tag) {
    case "Untouched":
    case "Changed":
      return ""
    case "Saving":
      return words.say("compose.state.saving")
    case "Kept":
      return words.say("compose.state.kept")
    case "Sending":
      return words.say("compose.state.sending")
    case "SendWaits":
      return words.say("compose.state.sendWaits")
    case "Saved":
      return words.say("compose.state.saved", { at: words.clock(standing.at) })
    case "Refused":
      return standing.refusal.reason === "limit"
        ? words.say("compose.state.limit", { what: standing.refusal.what ?? "" })
        : words.say("compose.state.refused", { reason: standing.refusal.reason })
  }
}
