import { defaultLanguage, type Language, languageNamed } from "../i18n/language.ts"
import { makeStore, type Store } from "./store.ts"

export type ThemeChoice = "system" | "light" | "dark"

const themeNamed = (name: string | null): ThemeChoice | undefined =>
  name === "light" || name === "dark" || name === "system" ? name : undefined

/** A choice that this browser keeps. */
const kept = <A extends string>(key: string, initial: A): Store<A> => {
  const store = makeStore(initial)
  store.subscribe(() => window.localStorage.setItem(key, store.get()))
  return store
}

const asked = new URLSearchParams(window.location.search)
const askedOrKept = (name: string) => asked.get(name) ?? window.localStorage.getItem(`postroom.${name}`)

/** `?theme=dark&language=de` in the address goes before what was kept. */
export const themeChoice = kept<ThemeChoice>("postroom.theme", themeNamed(askedOrKept("theme")) ?? "system")
export const languageChoice = kept<Language>(
  "postroom.language",
  languageNamed(askedOrKept("language")) ?? defaultLanguage(window.navigator.languages)
)

/** Where moments are told of another time zone than the browser's; who signs in says so. */
export const timeZoneChoice = makeStore<string | undefined>(undefined)
