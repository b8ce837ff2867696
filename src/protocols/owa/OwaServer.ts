import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import { RpcServer } from "@effect/rpc"
import { Cause, Context, Effect, FiberMap, FiberSet, Layer, Schedule } from "effect"
import { Sessions, type SignedIn } from "../../identity/Sessions.ts"
import { UserPreferences } from "../../identity/UserPreferences.ts"
import { correlationIdOf } from "../../observability/correlation.ts"
import { metrics } from "../../observability/metrics.ts"
import { Admin } from "../../rpc/Admin.ts"
import { Core } from "../../rpc/Core.ts"
import { Devices } from "../../rpc/Devices.ts"
import { publicUrl } from "../../settings/publicUrl.ts"
import { AccountRpcs } from "./account/AccountRpcs.ts"
import { accountHandlers } from "./account/accountHandlers.ts"
import { admitted, type Denial } from "./admission.ts"
import type { Caller, CallerOf } from "./asking.ts"
import { ComposeRpcs } from "./compose/ComposeRpcs.ts"
import { makeComposing } from "./compose/Composing.ts"
import { composeHandlers } from "./compose/composeHandlers.ts"
import { handlersOf } from "./handlers.ts"
import { OwaConfig } from "./OwaConfig.ts"
import { endings } from "./OwaConnection.ts"
import { makeOwaProtocol } from "./OwaProtocol.ts"
import { MailRpcs, OwaRpcs } from "./OwaRpcs.ts"
import { makeOwaSockets, type Person } from "./OwaSockets.ts"

/** Web mail's calls, over whatever HTTP server brings the connections. */
export class OwaServer extends Context.Tag("postroom/protocols/owa/OwaServer")<
  OwaServer,
  {
    /** Takes the connection where its path is ours; false = somebody else's. Never throws. */
    readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean
    /**
     * The same path without a wish to upgrade: says what would come of one (426: it would be let in), since a browser does
     * not tell a page why there is no connection.
     */
    readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
    /** Ends all connections and lets nobody in: the server stops. */
    readonly stop: Effect.Effect<void>
  }
>() {}

const path = /^\/owa\/rpc(?:\?|$)/

export const layer = Layer.scoped(
  OwaServer,
  Effect.gen(function* () {
    const settings = yield* OwaConfig
    const sessions = yield* Sessions
    const admission = { sessions, publicUrl: yield* publicUrl }
    const core = yield* Core
    const composing = yield* makeComposing
    const account = {
      admin: yield* Admin,
      devices: yield* Devices,
      preferences: yield* UserPreferences,
      sessions
    }
    const run = yield* FiberSet.makeRuntime<never>()
    const calls = yield* makeOwaProtocol(settings.callsAtOnce)
    const callers = new Map<number, Caller>()
    const watches = yield* FiberMap.makeRuntime<never, number>()
    const sockets = makeOwaSockets(settings, {
      joined: (client, connection, { principal, remote }) => {
        callers.set(client, toCaller({ principal, remote, used: sessions.used(principal.sessionId) }))
        calls.joined(client, connection)
        watches(
          client,
          Effect.map(sessions.ended(principal), () => {
            // A socket is heard until it is closed, which the other side may put off.
            callers.delete(client)
            calls.left(client)
            connection.end(endings.signedOut)
          })
        )
      },
      left: (client) => {
        callers.delete(client)
        calls.left(client)
        watches(client, Effect.void)
      },
      received: (client, text) => void run(calls.received(client, text))
    })
    yield* Effect.addFinalizer(() => sockets.stop)

    const server = RpcServer.make(OwaRpcs, { disableTracing: true, disableFatalDefects: true })
    const callerOf: CallerOf = (client) => callers.get(client)
    const handlers = Context.mergeAll(
      yield* MailRpcs.toHandlersContext(handlersOf(core, callerOf)),
      yield* ComposeRpcs.toHandlersContext(composeHandlers(composing, callerOf)),
      yield* AccountRpcs.toHandlersContext(accountHandlers(account, callerOf))
    )
    yield* Effect.forkScoped(
      Effect.provide(Effect.provideService(server, RpcServer.Protocol, calls.protocol), handlers)
    )
    yield* Effect.forkScoped(Effect.schedule(sockets.turn, Schedule.spaced(settings.pingEvery)))

    const admit = (request: IncomingMessage) =>
      Effect.filterOrFail(
        admitted(admission, request),
        ({ mailboxId }) => sockets.hasRoom(mailboxId),
        (): Denial => (sockets.isStopping() ? 503 : 429)
      )

    return OwaServer.of({
      upgrade: (request, socket, head) => {
        if (!path.test(request.url ?? "")) return false
        // It may end while it is found out whose it is.
        socket.on("error", () => socket.destroy())
        run(
          decided(admit(request), {
            yes: (principal) => sockets.open({ request, socket, head }, principal),
            no: (code) => refuse(socket, code)
          })
        )
        return true
      },
      handle: (request, response) => {
        if (!path.test(request.url ?? "")) return false
        const answer = (code: number) => {
          metrics.httpRequests.inc({ route: "owa", code })
          response.writeHead(code, { "cache-control": "no-store", "content-length": 0 }).end()
        }
        run(decided(admit(request), { yes: () => answer(426), no: answer }))
        return true
      },
      stop: sockets.stop
    })
  })
)

const toCaller = ({ principal, remote, used }: Person & Pick<Caller, "used">): Caller => ({
  mailboxId: principal.mailboxId,
  sessionId: principal.sessionId,
  address: principal.address,
  call: () => ({ principal, correlationId: correlationIdOf(undefined), remote, origin: "owa" }),
  used
})

interface Decision {
  readonly yes: (principal: SignedIn) => void
  readonly no: (code: Denial) => void
}

const decided = (admission: Effect.Effect<SignedIn, Denial>, { yes, no }: Decision) =>
  Effect.match(
    Effect.catchAllDefect(admission, (defect) =>
      Effect.zipRight(
        Effect.logError("letting somebody in failed by a defect", Cause.die(defect)),
        Effect.fail<Denial>(503)
      )
    ),
    { onSuccess: yes, onFailure: no }
  )

const refuse = (socket: Duplex, code: Denial): void => {
  metrics.httpRequests.inc({ route: "owa", code })
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\nconnection: close\r\ncache-control: no-store\r\ncontent-length: 0\r\n\r\n`,
    () => socket.destroy()
  )
}
