import { type RpcMessage, RpcServer } from "@effect/rpc"
import { Effect, Either, Mailbox, Schema } from "effect"
import type { Refusal } from "./OwaAnswers.ts"
import { endings, type OwaConnection } from "./OwaConnection.ts"
import { OwaRpcs } from "./OwaRpcs.ts"
import { away, busy, invalid } from "./refusal.ts"

/** What `@effect/rpc` needs of the connections. */
export interface OwaProtocol {
  readonly protocol: RpcServer.Protocol["Type"]
  readonly joined: (client: number, connection: OwaConnection) => void
  readonly left: (client: number) => void
  /** A frame that came. */
  readonly received: (client: number, text: string) => Effect.Effect<void>
}

const id = Schema.String.pipe(Schema.pattern(/^\d{1,15}$/))

/** The messages of `@effect/rpc` that a page may send; whatever else is in them is left out. */
const FromPage = Schema.parseJson(
  Schema.Union(
    Schema.TaggedStruct("Request", { id, tag: Schema.String, payload: Schema.optional(Schema.Unknown) }),
    Schema.TaggedStruct("Ack", { requestId: id }),
    Schema.TaggedStruct("Interrupt", { requestId: id }),
    Schema.TaggedStruct("Ping", {})
  )
)
type FromPage = typeof FromPage.Type
type Request = Extract<FromPage, { readonly _tag: "Request" }>

const read = Schema.decodeUnknownEither(FromPage)

export const makeOwaProtocol = (callsAtOnce: number): Effect.Effect<OwaProtocol> =>
  Effect.gen(function* () {
    const connections = new Map<number, OwaConnection>()
    const disconnects = yield* Mailbox.make<number>()
    let ask: (client: number, message: RpcMessage.FromClientEncoded) => Effect.Effect<void> = () =>
      Effect.void

    const send = (client: number, response: RpcMessage.FromServerEncoded) =>
      Effect.sync(() => {
        const connection = connections.get(client)
        if (connection === undefined) return
        if (response._tag === "Exit") finished(connection, response.requestId)
        connection.send(JSON.stringify(understandable(response)))
      })

    const protocol = yield* RpcServer.Protocol.make((write) => {
      ask = write
      return Effect.succeed({
        disconnects,
        send,
        end: () => Effect.void,
        clientIds: Effect.sync(() => new Set(connections.keys())),
        initialMessage: Effect.succeedNone,
        supportsAck: true,
        supportsTransferables: false,
        supportsSpanPropagation: false
      })
    })

    const request = (client: number, connection: OwaConnection, { id, tag, payload }: Request) => {
      if (connection.underWay.has(id)) return Effect.sync(() => connection.end(endings.garbled))
      const refusal = refusalOf(connection, tag, callsAtOnce)
      if (refusal !== null) return Effect.sync(() => connection.send(JSON.stringify(exitOf(id, refusal))))
      connection.underWay.add(id)
      if (tag === "Changes") connection.following = id
      return ask(client, { _tag: "Request", id, tag, payload, headers: [] })
    }

    const take = (client: number, connection: OwaConnection, message: FromPage) =>
      message._tag === "Request" ? request(client, connection, message) : ask(client, message)

    return {
      protocol,
      joined: (client, connection) => void connections.set(client, connection),
      left: (client) => {
        if (connections.delete(client)) disconnects.unsafeOffer(client)
      },
      received: (client, text) =>
        Effect.suspend(() => {
          // One that has left is no longer known there, and must not be again.
          const connection = connections.get(client)
          if (connection === undefined) return Effect.void
          return Either.match(read(text), {
            onLeft: () => Effect.sync(() => connection.end(endings.garbled)),
            onRight: (message) => take(client, connection, message)
          })
        })
    }
  })

const refusalOf = (connection: OwaConnection, tag: string, callsAtOnce: number): Refusal | null => {
  if (!OwaRpcs.requests.has(tag)) return invalid
  if (tag === "Changes" && connection.following !== null) return invalid
  return connection.underWay.size >= callsAtOnce ? busy : null
}

const finished = (connection: OwaConnection, requestId: string): void => {
  connection.underWay.delete(requestId)
  if (connection.following === requestId) connection.following = null
}

const exitOf = (requestId: string, error: unknown): RpcMessage.FromServerEncoded => ({
  _tag: "Exit",
  requestId,
  exit: { _tag: "Failure", cause: { _tag: "Fail", error } }
})

/** Whatever became of a call that failed, a page is told one refusal. */
const understandable = (response: RpcMessage.FromServerEncoded): RpcMessage.FromServerEncoded => {
  if (response._tag !== "Exit" || response.exit._tag === "Success") return response
  return exitOf(response.requestId, reasonIn(response.exit.cause))
}

/** The handlers answer bugs themselves: what is left to die of is an input that does not fit. */
const reasonIn = (cause: Schema.CauseEncoded<unknown, unknown>): unknown => {
  switch (cause._tag) {
    case "Fail":
      return cause.error
    case "Die":
      return invalid
    case "Sequential":
    case "Parallel":
      return reasonIn(cause.left)
    default:
      return away
  }
}
