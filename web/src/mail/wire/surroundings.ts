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
  probe: () =>
    fetch(path, { cache: "no-store" }).then(
      ({ status }) => status,
      () => null
    ),
  random: Math.random
}
