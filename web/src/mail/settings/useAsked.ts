import { useCallback, useEffect, useState } from "react"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import type { MailStore } from "../store/MailStore.ts"
import type { Outcome } from "../wire/calls.ts"

/** A question; another function is another one. */
export type Question<A> = (mail: MailStore) => Promise<Outcome<A>>

/** What the server answers; what came to nothing for want of a connection is asked again when there is one. */
export const useAsked = <A>(question: Question<A>) => {
  const mail = useMail()
  const isCurrent = useStore(mail.isCurrent)
  const [outcome, setOutcome] = useState<Outcome<A>>()
  const [attempt, setAttempt] = useState(0)
  const again = useCallback(() => setAttempt((before) => before + 1), [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again
  useEffect(() => {
    let isWanted = true
    void question(mail).then((answer) => {
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
