import { offeredLanguages } from "../../i18n/language.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { change, usePreferences } from "../preferences.ts"
import { Pick } from "./Choice.tsx"
import { Notifications } from "./Notifications.tsx"

const themes = ["system", "light", "dark"] as const

/** "" stands for null: as the browser has it. */
const orNull = <A extends string>(value: A | ""): A | null => (value === "" ? null : value)

export const General = () => {
  const words = useWords()
  const { language, theme, timeZone } = usePreferences()
  const asBrowser = ["", words.say("settings.asBrowser")] as const
  return (
    <>
      <p>{words.say("settings.everywhere")}</p>
      <Pick
        label={words.say("settings.language")}
        value={language ?? ""}
        options={[asBrowser, ...offeredLanguages]}
        onChoose={(chosen) => change({ language: orNull(chosen) })}
      />
      <Pick
        label={words.say("settings.theme")}
        value={theme ?? ""}
        options={[asBrowser, ...themes.map((name) => [name, words.say(`shell.theme.${name}`)] as const)]}
        onChoose={(chosen) => change({ theme: orNull(chosen) })}
      />
      <Pick
        label={words.say("settings.timeZone")}
        value={timeZone ?? ""}
        options={[asBrowser, ...timeZonesWith(timeZone).map((name) => [name, named(name)] as const)]}
        onChoose={(chosen) => change({ timeZone: orNull(chosen) })}
      />
      <Notifications />
    </>
  )
}

/** All that this browser knows, and the one that another has chosen. */
const timeZonesWith = (chosen: string | null): ReadonlyArray<string> => {
  const known = Intl.supportedValuesOf("timeZone")
  return chosen === null || known.includes(chosen) ? known : [chosen, ...known]
}

const named = (zone: string): string => zone.replaceAll("_", " ")
