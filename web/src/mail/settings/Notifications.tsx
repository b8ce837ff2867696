import { Field, Switch } from "@fluentui/react-components"
import { useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { askPermission, type Permission, permissionNow } from "../notify/permission.ts"
import { change, usePreferences } from "../preferences.ts"

/** The browser is asked when somebody wishes it, and not before. */
export const Notifications = () => {
  const words = useWords()
  const { hasNotifications } = usePreferences()
  const [permission, setPermission] = useState<Permission>(permissionNow)
  const isOn = hasNotifications === true && permission === "granted"

  const wish = async (isWished: boolean) => {
    const allowed = isWished ? await askPermission() : permission
    setPermission(allowed)
    change({ hasNotifications: isWished && allowed === "granted" })
  }

  const problem = permission === "denied" ? "settings.notify.blocked" : "settings.notify.missing"
  const isPossible = permission !== "denied" && permission !== "missing"
  return (
    <Field
      hint={words.say("settings.notify.explain")}
      validationState={isPossible ? "none" : "warning"}
      {...(isPossible ? {} : { validationMessage: words.say(problem) })}
    >
      <Switch
        label={words.say("settings.notify")}
        checked={isOn}
        disabled={!isPossible}
        onChange={(_event, { checked }) => void wish(checked)}
      />
    </Field>
  )
}
