import { RpcClient, RpcClientError, type RpcMessage } from "@effect/rpc"
import { Effect } from "effect"
import type { Link } from "./Link.ts"
import { tooLarge } from "./refusals.ts"

/** What `@effect/rpc` needs of a connection on the side that calls, and what becomes of its calls. */
export interface ClientProtocol {
  readonly protocol: RpcClient.Protocol["Type"]
  /** Frames that came. */
  readonly received: (texts: ReadonlyArray<string>) => Effect.Effect<void>
  /** Calls that wait for their answer. */
  readonly underWay: number
  /** Ends the calls that are late, here and there. To be called at even times. */
  readonly turn: Effect.Effect<void>
  /** No call will be answered any more. */
  readonly fail: Effect.Effect<void>
}

const unanswered = new RpcClientError.RpcClientError({ reason: "Protocol", message: "no answer will come" })

export const makeClientProtocol = (
  link: () => Pick<Link, "isOpen" | "send" | "close">,
  callTurns: number
): Effect.Effect<ClientProtocol> =>
  Effect.gen(function* () {
    /** Call → the turn that it was made in. The watch goes on and on. */
    const underWay = new Map<string, number>()
    let turns = 0
    let answer: (response: RpcMessage.FromServerEncoded) => Effect.Effect<void> = () => Effect.void

    const count = (request: RpcMessage.FromClientEncoded): void => {
      if (request._tag === "Request" && request.tag !== "Watch") underWay.set(request.id, turns)
      if (request._tag === "Interrupt") underWay.delete(request.requestId)
    }

    const send = (request: RpcMessage.FromClientEncoded) =>
      Effect.suspend(() => {
        if (!link().isOpen) return unanswered
        if (!link().send(JSON.stringify(request)))
          return Effect.zipRight(
            Effect.logError("a call of another runner is larger than POSTROOM_REMOTE_MAX_FRAME"),
            request._tag === "Request" ? answer(tooLarge(request.id)) : unanswered
          )
        count(request)
        return Effect.void
      })

    const protocol = yield* RpcClient.Protocol.make((write) => {
      answer = write
      return Effect.succeed({ send, supportsAck: true, supportsTransferables: false })
    })

    const take = (text: string) =>
      Effect.suspend(() => {
        const response: RpcMessage.FromServerEncoded = JSON.parse(text)
        if (response._tag === "Exit") underWay.delete(response.requestId)
        // About none of our calls.
        if (response._tag === "Defect") link().close("does not understand us")
        return answer(response)
      })

    return {
      protocol,
      get underWay() {
        return underWay.size
      },
      received: (texts) =>
        Effect.catchAllCause(Effect.forEach(texts, take, { discard: true }), () =>
          Effect.sync(() => link().close("says what nobody understands"))
        ),
      turn: Effect.suspend(() => {
        turns++
        const late = [...underWay].flatMap(([id, since]) => (turns - since > callTurns ? id : []))
        return Effect.forEach(
          late,
          (requestId) => {
            underWay.delete(requestId)
            link().send(JSON.stringify({ _tag: "Interrupt", requestId }))
            return answer(lateExit(requestId))
          },
          { discard: true }
        )
      }),
      fail: Effect.suspend(() => answer({ _tag: "ClientProtocolError", error: unanswered }))
    }
  })

const lateExit = (requestId: string): RpcMessage.FromServerEncoded => ({
  _tag: "Exit",
  requestId,
  exit: { _tag: "Failure", cause: { _tag: "Die", defect: "late" } }
})
