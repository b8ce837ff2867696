import { useEffect, useState } from "react"
import type { Correspondent } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import type { Server } from "../session/Server.ts"

const most = 8
/** Between two letters of somebody who writes fluently. */
const patience = 120

interface Found {
  readonly query: string
  readonly people: ReadonlyArray<Correspondent>
}

const none: Found = { query: "", people: [] }

/** Whom one may mean by what is typed, without those who are named already. */
export const useSuggestions = (
  server: Server,
  text: string,
  people: ReadonlyArray<Correspondent>
): ReadonlyArray<Correspondent> => {
  const [found, setFound] = useState<Found>(none)
  const query = text.trim().slice(0, 200)
  useEffect(() => {
    if (query === "") return setFound(none)
    let isWanted = true
    const timer = setTimeout(() => {
      void server.ask("Recipients", { query, limit: most }).then((outcome) => {
        if (isWanted && outcome._tag === "Answered") setFound({ query, people: outcome.value.people })
      })
    }, patience)
    return () => {
      isWanted = false
      clearTimeout(timer)
    }
  }, [server, query])
  const named = new Set(people.map(({ address }) => address.toLowerCase()))
  // What was found for other letters is nobody that is meant by these.
  const meant = found.query === query ? found.people : none.people
  return meant.filter(({ address }) => !named.has(address.toLowerCase()))
}
