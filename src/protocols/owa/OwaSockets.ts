import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { Duration, Effect } from "effect"
import { type WebSocket, WebSocketServer } from "ws"
import type { MailboxId } from "../../domain/ids.ts"
import type { SignedIn } from "../../identity/Sessions.ts"
import { metrics } from "../../observability/metrics.ts"
import type { OwaSettings } from "./OwaConfig.ts"
import { endings, OwaConnection } from "./OwaConnection.ts"

/** Whose connection it is. */
export interface Person {
  readonly principal: SignedIn
  readonly remote: string | null
}

export interface Arrivals {
  readonly joined: (client: number, connection: OwaConnection, person: Person) => void
  readonly left: (client: number) => void
  readonly received: (client: number, text: string) => void
}

export interface Knock {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** The WebSockets of this process. */
export interface OwaSockets {
  /** Whether another page of the user may come. */
  readonly hasRoom: (mailboxId: MailboxId) => boolean
  readonly isStopping: () => boolean
  readonly open: (knock: Knock, principal: SignedIn) => void
  /** To be called at even times: ends those whose page is gone. */
  readonly turn: Effect.Effect<void>
  readonly stop: Effect.Effect<void>
}

/** What an ending page has to say goodbye. */
const goodbye = Duration.seconds(1)

export const makeOwaSockets = (settings: OwaSettings, arrivals: Arrivals): OwaSockets => {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: settings.frameBytes,
    // Of strangers' mail and a person's own in one stream, the compressed length tells of the content.
    perMessageDeflate: false
  })
  const open = new Map<number, OwaConnection>()
  const counts = new Map<MailboxId, number>()
  const empty = Effect.unsafeMakeLatch(true)
  let lastClient = 0
  let isStopping = false

  const count = (mailboxId: MailboxId, change: 1 | -1): void => {
    const next = (counts.get(mailboxId) ?? 0) + change
    if (next === 0) counts.delete(mailboxId)
    else counts.set(mailboxId, next)
    metrics.owaConnections.inc(change)
  }

  const serve = (socket: WebSocket, { request }: Knock, principal: SignedIn): void => {
    const client = ++lastClient
    const { mailboxId } = principal
    const connection = new OwaConnection(socket, settings.unsentBytes)
    socket.on("close", () => {
      open.delete(client)
      if (open.size === 0) empty.unsafeOpen()
      count(mailboxId, -1)
      arrivals.left(client)
    })
    // Its end follows: too large a frame, a wrong one, a connection that was reset.
    socket.on("error", () => undefined)
    socket.on("message", (data, isBinary) => {
      if (isBinary) connection.end(endings.binary)
      else arrivals.received(client, data.toString())
    })
    count(mailboxId, 1)
    empty.unsafeClose()
    open.set(client, connection)
    arrivals.joined(client, connection, { principal, remote: request.socket.remoteAddress ?? null })
  }

  return {
    hasRoom: (mailboxId) => !isStopping && (counts.get(mailboxId) ?? 0) < settings.connectionsPerUser,
    isStopping: () => isStopping,
    open: (knock, principal) =>
      server.handleUpgrade(knock.request, knock.socket, knock.head, (socket) =>
        serve(socket, knock, principal)
      ),
    turn: Effect.sync(() => {
      for (const connection of [...open.values()]) connection.turn()
    }),
    stop: Effect.suspend(() => {
      isStopping = true
      for (const connection of open.values()) connection.end(endings.stopping)
      return Effect.timeoutOption(empty.await, goodbye).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            for (const connection of [...open.values()]) connection.cut()
          })
        ),
        Effect.asVoid
      )
    })
  }
}
