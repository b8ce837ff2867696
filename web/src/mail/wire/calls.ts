import type { Rpc, RpcSchema } from "@effect/rpc"
import type { OperationId } from "../../../../src/domain/ids.ts"
import type { Hello, News, Refusal } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { OwaRpc } from "../../../../src/protocols/owa/OwaRpcs.ts"

/** The calls, by the types of their group: nothing of it runs here. */
type Named<Tag> = Extract<OwaRpc, { readonly _tag: Tag }>

type IsStream<Call> =
  Call extends Rpc.Rpc<infer _Tag, infer _Payload, infer Success, infer _Error, infer _Middleware>
    ? Success extends RpcSchema.Stream<infer _A, infer _E>
      ? true
      : false
    : never

type AskedOnce<Call> = Call extends { readonly _tag: infer Tag }
  ? IsStream<Call> extends true
    ? never
    : Tag
  : never

/** What is answered once. */
export type Tag = AskedOnce<OwaRpc>
export type Payload<T extends Tag> = Unbranded<Rpc.Payload<Named<T>>>
export type Answer<T extends Tag> = Rpc.Success<Named<T>>

/** What is told as long as the connection lasts. */
export type StreamTag = Exclude<OwaRpc["_tag"], Tag>
export type StreamPayload<T extends StreamTag> = Rpc.Payload<Named<T>>
export type Streamed<T extends StreamTag> = Rpc.SuccessChunk<Named<T>>

/** Ids the page has from the server; names of operations it makes up. */
type Unbranded<P> = { readonly [K in keyof P]: P[K] extends OperationId ? string : P[K] }

/** A wish to change something, but for the name that it is given. */
export type Command = { readonly [T in Tag]: Wish<T> }[Tag]
type Wish<T extends Tag> =
  Payload<T> extends { readonly operationId: string }
    ? { readonly tag: T; readonly payload: Omit<Payload<T>, "operationId"> }
    : never

/** What became of a call. Lost: the connection was; it may have been done. */
export type Outcome<A> =
  | { readonly _tag: "Answered"; readonly value: A }
  | Refusal
  | { readonly _tag: "Lost" }

export type Told = Hello | News
