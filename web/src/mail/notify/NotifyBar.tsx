import { Button, MessageBar, MessageBarActions, MessageBarBody } from "@fluentui/react-components"
import { useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { change, isKnown, usePreferences } from "../preferences.ts"
import { askPermission, permissionNow } from "./permission.ts"
import { visits } from "./visits.ts"

/** Who comes a third time may like to be told; asked once, for all browsers. */
const enough = 3

export const NotifyBar = () => {
  const words = useWords()
  const { hasNotifications } = usePreferences()
  const isHeard = useStore(isKnown)
  const [permission, setPermission] = useState(permissionNow)
  if (!isHeard || hasNotifications !== null || permission !== "default" || visits() < enough) return null

  const answer = async (isWished: boolean) => {
    const allowed = isWished ? await askPermission() : permission
    setPermission(allowed)
    change({ hasNotifications: isWished && allowed === "granted" })
  }
  return (
    <MessageBar layout="multiline" className="mail__presence">
      <MessageBarBody>{words.say("settings.notify.ask")}</MessageBarBody>
      <MessageBarActions>
        <Button size="small" onClick={() => void answer(true)}>
          {words.say("settings.notify.yes")}
        </Button>
        <Button size="small" onClick={() => void answer(false)}>
          {words.say("settings.notify.no")}
        </Button>
      </MessageBarActions>
    </MessageBar>
  )
}
