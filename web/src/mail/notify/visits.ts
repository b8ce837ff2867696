const key = "postroom.visits"

const count = Number(window.localStorage.getItem(key) ?? 0) + 1
window.localStorage.setItem(key, String(count))

/** How often web mail was opened in this browser, this time included. */
export const visits = (): number => count
