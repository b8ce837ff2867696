import { type RpcMessage, RpcServer } from "@effect/rpc"
import { Effect, Mailbox } from "effect"
import type { Link } from "./Link.ts"
import { tooLarge } from "./refusals.ts"

/** What `@effect/rpc` needs of the connections on the side that is called. */
export interface ServerProtocol {
  readonly protocol: RpcServer.Protocol["Type"]
  readonly joined: (client: number, link: Link) => void
  readonly left: (client: number) => void
  /** Frames that came. */
  readonly received: (client: number, texts: ReadonlyArray<string>) => Effect.Effect<void>
}

export const makeServerProtocol: Effect.Effect<ServerProtocol> = Effect.gen(function* () {
  const links = new Map<number, Link>()
  const disconnects = yield* Mailbox.make<number>()
  let ask: (client: number, request: RpcMessage.FromClientEncoded) => Effect.Effect<void> = () => Effect.void

  const send = (client: number, response: RpcMessage.FromServerEncoded) =>
    Effect.suspend(() => {
      const link = links.get(client)
      if (link === undefined || link.send(JSON.stringify(response))) return Effect.void
      // News are small.
      if (response._tag !== "Exit") return Effect.sync(() => link.close("would be sent too much"))
      link.send(JSON.stringify(tooLarge(response.requestId)))
      return Effect.logError("an answer to another runner is larger than POSTROOM_REMOTE_MAX_FRAME")
    })

  const protocol = yield* RpcServer.Protocol.make((write) => {
    ask = write
    return Effect.succeed({
      disconnects,
      send,
      end: () => Effect.void,
      clientIds: Effect.sync(() => new Set(links.keys())),
      initialMessage: Effect.succeedNone,
      supportsAck: true,
      supportsTransferables: false,
      supportsSpanPropagation: false
    })
  })

  const take = (client: number, text: string) =>
    Effect.suspend(() => {
      // One that has left is no longer known there, and must not be again.
      if (!links.has(client)) return Effect.void
      const request: RpcMessage.FromClientEncoded = JSON.parse(text)
      return ask(client, request)
    })

  return {
    protocol,
    joined: (client, link) => void links.set(client, link),
    left: (client) => {
      if (links.delete(client)) disconnects.unsafeOffer(client)
    },
    received: (client, texts) =>
      Effect.catchAllCause(
        Effect.forEach(texts, (text) => take(client, text), { discard: true }),
        () => Effect.sync(() => links.get(client)?.close("says what nobody understands"))
      )
  }
})
