import { useEffect, useState } from "react"
import type { Correspondent } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import type { Server } from "../session/Server.ts"

const most = 8
/** Between two letters of somebody who writes fluently. */
const patience = 120

/** Whom one may mean by what is typed, without those who are named already. */
export const useSuggestions = (
  server: Server,
  text: string,
  people: ReadonlyArray<Correspondent>
): ReadonlyArray<Correspondent> => {
  const [found, setFound] = useState<ReadonlyArray<Correspondent>>([])
  const query = text.trim().slice(0, 200)
  useEffect(() => {
    if (query === "") return setFound([])
    let isWanted = true
    const timer = setTimeout(() => {
      void server.ask("Recipients", { query, limit: most }).then((outcome) => {
        if (isWanted && outcome._tag === "Answered") setFound(outcome.value.people)
      })
    }, patience)
    return () => {
      isWanted = false
      clearTimeout(timer)
    }
  }, [server, query])
  const named = new Set(people.map(({ address }) => address.toLowerCase()))
  return found.filter(({ address }) => !named.has(address.toLowerCase()))
}
