import type { Surroundings } from "./Connection.ts"

const path = "/owa/rpc"

/** Of a page in a browser. */
export const surroundings: Surroundings = {
  dial: ({ opened, heard, closed }) => {
    const socket = new WebSocket(`${window.location.origin.replace(/^http/, "ws")}${path}`)
    socket.onopen = opened
    socket.onmessage = ({ data }) => heard(String(data))
    socket.onclose = ({ code }) => closed(code)
    return { send: (text) => socket.send(text), close: () => socket.close() }
  },
  // Browsers name the origin of a POST always, of a GET never where it is their own.
  probe: () =>
    fetch(path, { method: "POST" }).then(
      ({ status }) => status,
      () => null
    ),
  random: Math.random
}
