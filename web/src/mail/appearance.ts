import { languageChoice, themeChoice, timeZoneChoice } from "../shell/preferences.ts"
import { change, isKnown, preferences } from "./preferences.ts"

/**
 * Whoever chose language, colours or time zone for all browsers has them here; and where they choose other words or
 * colours in this page, these are for all browsers, too.
 */
export const followAppearance = (): void => {
  const show = () => {
    const { language, theme, timeZone } = preferences.get()
    timeZoneChoice.set(timeZone ?? undefined)
    if (language !== null) languageChoice.set(language)
    if (theme !== null) themeChoice.set(theme)
  }
  preferences.subscribe(show)
  themeChoice.subscribe(() => {
    const { theme } = preferences.get()
    const chosen = themeChoice.get()
    if (isKnown.get() && theme !== null && theme !== chosen) change({ theme: chosen })
  })
  languageChoice.subscribe(() => {
    const { language } = preferences.get()
    const chosen = languageChoice.get()
    if (chosen !== "ar-XB" && isKnown.get() && language !== null && language !== chosen)
      change({ language: chosen })
  })
}
