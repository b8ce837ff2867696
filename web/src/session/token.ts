import { makeStore, useStore } from "../shell/store.ts"

const key = "postroom.token"

/** The tab's own: other tabs do not see it, and it ends with this one. Never in an address, never in a log. */
const token = makeStore(window.sessionStorage.getItem(key))

/** True once the server has refused a token that it took before. */
const isEnded = makeStore(false)

export const signIn = (secret: string): void => {
  window.sessionStorage.setItem(key, secret)
  isEnded.set(false)
  token.set(secret)
}

export const signOut = (): void => {
  window.sessionStorage.removeItem(key)
  token.set(null)
}

/** The server no longer takes the token. */
export const endSession = (): void => {
  signOut()
  isEnded.set(true)
}

export const useToken = (): string | null => useStore(token)
export const useSessionEnded = (): boolean => useStore(isEnded)
