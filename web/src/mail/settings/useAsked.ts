import { useCallback, useEffect, useState } from "react"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import type { Answer, Outcome, Tag } from "../wire/calls.ts"

/** Questions about oneself that need nothing said. */
type Question = Extract<Tag, "Devices" | "Sessions" | "AppPasswords">

/** What the server answers; what came to nothing for want of a connection is asked again when there is one. */
export const useAsked = <T extends Question>(question: T) => {
  const mail = useMail()
  const isCurrent = useStore(mail.isCurrent)
  const [outcome, setOutcome] = useState<Outcome<Answer<T>>>()
  const [attempt, setAttempt] = useState(0)
  const again = useCallback(() => setAttempt((before) => before + 1), [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again
  useEffect(() => {
    let isWanted = true
    void mail.ask(question, undefined).then((answer) => {
      if (isWanted) setOutcome(answer)
    })
    return () => {
      isWanted = false
    }
  }, [mail, question, attempt])

  const isLost = outcome?._tag === "Lost"
  useEffect(() => {
    if (isCurrent && isLost) again()
  }, [isCurrent, isLost, again])

  return { answer: outcome?._tag === "Answered" ? outcome.value : undefined, outcome, again }
}
