import { Effect, type Scope } from "effect"
import { WebSocket } from "ws"
import type { Refusal } from "../../../src/protocols/owa/OwaAnswers.ts"
import { MailStore } from "../../../web/src/mail/store/MailStore.ts"
import { awaited } from "../awaited.ts"
import { aliceCookie } from "./owaEdge.ts"

/** A page of web mail without what is to be seen of it. */
export interface Tab {
  readonly store: MailStore
  readonly refused: ReadonlyArray<Refusal>
  /** The way to the server is lost. */
  readonly cut: () => void
  /** Waits until it shows that. */
  readonly shows: (what: string, isSo: () => boolean) => Effect.Effect<void>
}

export interface TabOptions {
  /** Asked for at each attempt: a server that comes back may be elsewhere. */
  readonly port: () => number
  readonly cookie?: () => string
}

/** Operations of different tabs are different ones. */
let tabs = 0

export const openTab = ({
  port,
  cookie = () => aliceCookie
}: TabOptions): Effect.Effect<Tab, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const name = ++tabs
      const refused: Array<Refusal> = []
      const open = new Set<WebSocket>()
      let operations = 0
      const headers = () => ({ cookie: cookie(), origin: `http://127.0.0.1:${port()}` })
      const store = new MailStore({
        around: {
          dial: ({ opened, heard, closed }) => {
            const socket = new WebSocket(`ws://127.0.0.1:${port()}/owa/rpc`, { headers: headers() })
            open.add(socket)
            socket.on("open", opened)
            socket.on("message", (data) => heard(String(data)))
            socket.on("error", () => undefined)
            socket.on("close", (code) => {
              open.delete(socket)
              closed(code)
            })
            return { send: (text) => socket.send(text), close: () => socket.close() }
          },
          probe: () =>
            fetch(`http://127.0.0.1:${port()}/owa/rpc`, { headers: headers() }).then(
              ({ status }) => status,
              () => null
            ),
          random: () => 0
        },
        newOperationId: () => `${name}-${++operations}`,
        refused: (_, refusal) => void refused.push(refusal)
      })
      const shows: Tab["shows"] = (what, isSo) =>
        awaited(
          what,
          Effect.async<void>((resume) => {
            const look = () => {
              if (!isSo()) return
              for (const stop of stops) stop()
              resume(Effect.void)
            }
            const { state, presence, waiting, isCurrent } = store
            const stops = [state, presence, waiting, isCurrent].map(({ subscribe }) => subscribe(look))
            look()
          }),
          Effect.sync(() => [store.presence.get(), store.waiting.get(), store.isCurrent.get()])
        )
      return {
        store,
        refused,
        cut: () => {
          for (const socket of open) socket.terminate()
        },
        shows
      }
    }),
    ({ store }) => Effect.sync(() => store.stop())
  )
