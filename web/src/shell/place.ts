import { makeStore, useStore } from "./store.ts"

/** The path of the page that is shown. */
const place = makeStore(window.location.pathname)

window.addEventListener("popstate", () => place.set(window.location.pathname))

/** Shows another page without loading it anew. */
export const goTo = (path: string): void => {
  if (path === place.get()) return
  window.history.pushState(null, "", path)
  place.set(path)
}

export const usePlace = (): string => useStore(place)
