import address from "./frame.html?url"

/** The empty page that messages are put into; its own policy lets it fetch nothing (see `Pages.ts`). */
export const frameAddress = address

/**
 * No scripts, no forms, no navigation of the page around it. `allow-same-origin` lets this page reach in, to put the
 * message there, measure it and hear its keys; without scripts nothing inside can reach out. Links open pages of their own.
 */
export const frameSandbox = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
