import { frameAddress, frameSandbox } from "../../body/frame.ts"

let room: Promise<Document> | undefined

/**
 * A document that nobody sees, in which others' markup is read: the page's own policy would not let its parser take inline
 * styles (see `clean.ts`).
 */
export const cleanRoom = (): Promise<Document> => {
  room ??= new Promise((resolve) => {
    const frame = document.createElement("iframe")
    frame.hidden = true
    frame.title = ""
    frame.setAttribute("aria-hidden", "true")
    frame.setAttribute("sandbox", frameSandbox)
    frame.onload = () => {
      if (frame.contentDocument !== null) resolve(frame.contentDocument)
    }
    frame.src = frameAddress
    document.body.append(frame)
  })
  return room
}
