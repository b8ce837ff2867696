import { Switch } from "@fluentui/react-components"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { change, usePreferences } from "../preferences.ts"
import { Choice, Pick } from "./Choice.tsx"

const densities = ["comfortable", "cozy", "compact"] as const
const panes = ["right", "bottom", "off"] as const
const pauses = [2, 5, 10, 30] as const

export const Reading = () => {
  const words = useWords()
  const { density, isThreaded, readingPane, readAfterSeconds } = usePreferences()
  const offered = new Set([...pauses, ...(readAfterSeconds === null ? [] : [readAfterSeconds])])
  offered.delete(0)
  return (
    <>
      <Choice
        label={words.say("settings.density")}
        value={density}
        options={densities.map((one) => [one, words.say(`settings.density.${one}`)] as const)}
        onChoose={(chosen) => change({ density: chosen })}
      />
      <Switch
        label={words.say("settings.threads")}
        checked={isThreaded}
        onChange={(_event, { checked }) => change({ isThreaded: checked })}
      />
      <Choice
        label={words.say("settings.pane")}
        value={readingPane}
        options={panes.map((one) => [one, words.say(`settings.pane.${one}`)] as const)}
        onChoose={(chosen) => change({ readingPane: chosen })}
      />
      <Pick
        label={words.say("settings.read")}
        value={readAfterSeconds === null ? "never" : String(readAfterSeconds)}
        options={[
          ["0", words.say("settings.read.atOnce")],
          ...[...offered]
            .sort((a, b) => a - b)
            .map((seconds) => [String(seconds), words.say("settings.read.after", { seconds })] as const),
          ["never", words.say("settings.read.never")]
        ]}
        onChoose={(chosen) => change({ readAfterSeconds: chosen === "never" ? null : Number(chosen) })}
      />
    </>
  )
}
