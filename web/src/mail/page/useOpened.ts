import { useEffect, useState } from "react"
import type { MessageId } from "../../../../src/domain/ids.ts"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import type { Outcome } from "../wire/calls.ts"
import { type Opened, openedOf } from "./opened.ts"

/** A message with its body; what came to nothing for want of a connection is asked again when there is one. */
export const useOpened = (messageId: MessageId) => {
  const mail = useMail()
  const isCurrent = useStore(mail.isCurrent)
  const [outcome, setOutcome] = useState<Outcome<Opened>>()
  const [attempt, setAttempt] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again
  useEffect(() => {
    let isWanted = true
    void openedOf(mail, messageId).then((answer) => {
      if (isWanted) setOutcome(answer)
    })
    return () => {
      isWanted = false
    }
  }, [mail, messageId, attempt])

  const isLost = outcome?._tag === "Lost" || (outcome?._tag === "Refused" && outcome.isTemporary)
  const again = () => setAttempt((before) => before + 1)
  useEffect(() => {
    if (isCurrent && isLost) setAttempt((before) => before + 1)
  }, [isCurrent, isLost])

  return { outcome, isLost, again }
}
