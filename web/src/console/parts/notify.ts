import { createContext, useContext } from "react"

/** Says what was done, on the screen and aloud. */
export const NotifyContext = createContext<(message: string) => void>(() => {})

export const useNotify = () => useContext(NotifyContext)
