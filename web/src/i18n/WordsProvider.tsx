import { createContext, type ReactNode, useContext, useEffect, useState } from "react"
import { languageChoice, timeZoneChoice } from "../shell/preferences.ts"
import { useStore } from "../shell/store.ts"
import type { Language } from "./language.ts"
import { makeWords, type Words } from "./makeWords.ts"

const WordsContext = createContext<Words | undefined>(undefined)

/** Only the language that is read is fetched. */
const load = async (language: Language, timeZone: string | undefined): Promise<Words> => {
  const catalog =
    language === "de" ? (await import("./de/catalog.ts")).de : (await import("./en/catalog.ts")).en
  return makeWords(language, catalog, timeZone)
}

/** Shows nothing until the first language is there; then each until the next one is. */
export const WordsProvider = ({ children }: { readonly children: ReactNode }) => {
  const language = useStore(languageChoice)
  const timeZone = useStore(timeZoneChoice)
  const [words, setWords] = useState<Words>()
  useEffect(() => {
    let isWanted = true
    void load(language, timeZone).then((loaded) => {
      if (isWanted) setWords(loaded)
    })
    return () => {
      isWanted = false
    }
  }, [language, timeZone])
  useEffect(() => {
    if (words === undefined) return
    document.documentElement.lang = words.language
    document.documentElement.dir = words.direction
  }, [words])
  return words === undefined ? null : <WordsContext value={words}>{children}</WordsContext>
}

export const useWords = (): Words => {
  const words = useContext(WordsContext)
  if (words === undefined) throw new Error("useWords belongs below WordsProvider")
  return words
}
