import { Deferred, Effect, Queue, type Scope } from "effect"
import { WebSocket } from "ws"
import { awaited } from "../awaited.ts"
import { aliceCookie } from "./owaEdge.ts"

/** What the server says, as JSON has it. */
export interface Said {
  readonly _tag: string
  readonly requestId?: string
  readonly values?: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly exit?: {
    readonly _tag: string
    readonly value?: unknown
    readonly cause?: { readonly _tag: string; readonly error?: unknown }
  }
}

export interface Page {
  readonly socket: WebSocket
  /** An object as JSON; a text or octets as they are. */
  readonly say: (what: object | string | Buffer) => void
  readonly next: Effect.Effect<Said>
  /** The code of the end. */
  readonly closed: Effect.Effect<number>
  /** Calls, and says what came of it; nothing else may be under way. */
  readonly ask: (tag: string, payload?: unknown) => Effect.Effect<Said["exit"]>
}

export interface Dressed {
  readonly cookie?: string
  /** Null = none. */
  readonly origin?: string | null
}

const fields = (port: number, { cookie = aliceCookie, origin = `http://127.0.0.1:${port}` }: Dressed) => ({
  cookie,
  ...(origin === null ? {} : { origin })
})

/** The status that a connection is refused with; 101 where it is not. */
export const knock = (port: number, dressed: Dressed = {}, path = "/owa/rpc") =>
  Effect.async<number>((resume) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: fields(port, dressed) })
    socket.on("error", () => undefined)
    socket.on("unexpected-response", (_, response) => {
      resume(Effect.succeed(response.statusCode ?? 0))
      socket.terminate()
    })
    socket.on("open", () => {
      resume(Effect.succeed(101))
      socket.terminate()
    })
  })

/** A page as far as the wire goes: it says what a test wants, sound or not. */
export const pageAt = (port: number, dressed: Dressed = {}): Effect.Effect<Page, never, Scope.Scope> =>
  Effect.gen(function* () {
    const said = yield* Queue.unbounded<Said>()
    const end = yield* Deferred.make<number>()
    const socket = yield* Effect.acquireRelease(
      Effect.async<WebSocket>((resume) => {
        const opening = new WebSocket(`ws://127.0.0.1:${port}/owa/rpc`, { headers: fields(port, dressed) })
        opening.on("error", (error) => resume(Effect.die(error)))
        opening.on("open", () => resume(Effect.succeed(opening)))
        opening.on("message", (data) => void said.unsafeOffer(JSON.parse(String(data))))
        opening.on("close", (code) => Deferred.unsafeDone(end, Effect.succeed(code)))
      }),
      (open) => Effect.sync(() => open.terminate())
    )
    const say: Page["say"] = (what) =>
      socket.send(typeof what === "string" || Buffer.isBuffer(what) ? what : JSON.stringify(what))
    const next = awaited("an answer", Queue.take(said))
    let id = 0
    return {
      socket,
      say,
      next,
      closed: awaited("the end of the connection", Deferred.await(end)),
      ask: (tag, payload) =>
        Effect.suspend(() => {
          say({ _tag: "Request", id: String(++id), tag, payload, headers: [] })
          return Effect.map(
            Effect.repeat(next, { until: (answer) => answer._tag === "Exit" }),
            ({ exit }) => exit
          )
        })
    }
  })

/** What a call is refused with. */
export const refusal = (exit: Said["exit"]): unknown => exit?.cause?.error
