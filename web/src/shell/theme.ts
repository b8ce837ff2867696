import { type Theme, webDarkTheme, webLightTheme } from "@fluentui/react-components"
import { useSyncExternalStore } from "react"
import { themeChoice } from "./preferences.ts"
import { useStore } from "./store.ts"

const light: Theme = {
  ...webLightTheme,
  colorNeutralBackground2: "#f8f9fb",
  colorNeutralBackground3: "#f1f3f7",
  colorNeutralStroke2: "#dfe3ea"
}

/** A shade of blue in the greys: the pictures of the console are read on it for hours. */
const dark: Theme = {
  ...webDarkTheme,
  colorNeutralBackground1: "#171d27",
  colorNeutralBackground1Hover: "#202836",
  colorNeutralBackground1Pressed: "#12171f",
  colorNeutralBackground2: "#131922",
  colorNeutralBackground3: "#0e131b",
  colorNeutralBackground4: "#0e131b",
  colorNeutralStroke1: "#46536a",
  colorNeutralStroke2: "#2b3547",
  colorNeutralStroke3: "#232c3b"
}

const darkWished = window.matchMedia("(prefers-color-scheme: dark)")
const follow = (listener: () => void) => {
  darkWished.addEventListener("change", listener)
  return () => darkWished.removeEventListener("change", listener)
}

/** The chosen theme, or the system's, which may change while the page is open. */
export const useTheme = (): { readonly name: "light" | "dark"; readonly theme: Theme } => {
  const choice = useStore(themeChoice)
  const isSystemDark = useSyncExternalStore(follow, () => darkWished.matches)
  const isDark = choice === "system" ? isSystemDark : choice === "dark"
  return isDark ? { name: "dark", theme: dark } : { name: "light", theme: light }
}
