import { createContext, useContext } from "react"
import type { MailStore } from "./store/MailStore.ts"

export const MailContext = createContext<MailStore | undefined>(undefined)

/** The mailbox of who is signed in. */
export const useMail = (): MailStore => {
  const mail = useContext(MailContext)
  if (mail === undefined) throw new Error("useMail belongs below MailContext")
  return mail
}
