import { Button, Checkbox } from "@fluentui/react-components"
import { useMemo, useState } from "react"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import { useStore } from "../../../shell/store.ts"
import { MessageBody } from "../../body/MessageBody.tsx"
import { openCompose } from "../composes.ts"
import type { Written } from "../session/Desk.ts"
import { pictureOf } from "../session/pictureOf.ts"

interface Props {
  readonly written: Written
  /** Into the editor, as far as that can hold it. */
  readonly onEdit: () => void
}

/** The message that is answered or forwarded, as it came; its design is not the editor's to keep. */
export const QuotePanel = ({ written, onEdit }: Props) => {
  const { session } = written
  const words = useWords()
  const inlinePart = useMemo(() => pictureOf(written), [written])
  const { quote, answers } = useStore(session.writing)
  const [isShown, setShown] = useState(answers?.verb === "forward")
  const html = quote?.html
  const content = useMemo(() => ({ _tag: "Html", html: html ?? "" }) as const, [html])
  if (quote === null) return null
  return (
    <section className="compose__quoted" aria-label={words.say("compose.quoted")}>
      <div className="compose__quoted-bar">
        <Button size="small" appearance="subtle" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          {words.say(isShown ? "compose.quoted.hide" : "compose.quoted.show")}
        </Button>
        <Button size="small" appearance="subtle" onClick={onEdit}>
          {words.say("compose.quoted.edit")}
        </Button>
        <Checkbox
          checked={quote.isIncluded}
          label={words.say("compose.quoted.include")}
          onChange={(_, { checked }) => session.change({ quote: { ...quote, isIncluded: checked === true } })}
        />
      </div>
      {isShown && (
        <MessageBody
          content={content}
          inlinePart={inlinePart}
          showsRemote={false}
          onMailTo={(href) => openCompose({ kind: "mailto", href })}
        />
      )}
    </section>
  )
}
