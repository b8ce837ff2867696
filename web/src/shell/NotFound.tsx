import { Button } from "@fluentui/react-components"
import { useWords } from "../i18n/WordsProvider.tsx"
import { goTo } from "./place.ts"

export const NotFound = () => {
  const words = useWords()
  return (
    <main id="content" className="shell__waiting">
      <p>{words.say("shell.notFound")}</p>
      <Button appearance="primary" onClick={() => goTo("/console")}>
        {words.say("shell.toConsole")}
      </Button>
    </main>
  )
}
