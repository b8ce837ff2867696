import type { Done, Refusal } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type {
  Answer,
  Command,
  Outcome,
  Payload,
  Streamed,
  StreamPayload,
  StreamTag,
  Tag,
  Told
} from "./calls.ts"

/** Messages of `@effect/rpc` that the server sends. */
type FromServer =
  | { readonly _tag: "Pong" }
  | { readonly _tag: "Chunk"; readonly requestId: string; readonly values: ReadonlyArray<unknown> }
  | { readonly _tag: "Exit"; readonly requestId: string; readonly exit: Exit }

type Exit =
  | { readonly _tag: "Success"; readonly value: unknown }
  | { readonly _tag: "Failure"; readonly cause: { readonly error: Refusal } }

/** The server is the page's own: what it answers is what its calls say. */
const isOurs = <A>(_: unknown): _ is A => true

/** Fewer than the server lets a page have under way. */
const callsAtOnce = 32

/** Calls over one connection, from its beginning to its end. */
export class WireClient {
  readonly #send: (text: string) => void
  readonly #underWay = new Map<string, (exit: Exit | null) => void>()
  /** Who is told of what goes on and on. */
  readonly #told = new Map<string, (one: unknown) => void>()
  readonly #waiting: Array<() => void> = []
  #lastId = 0
  #isOver = false

  constructor(send: (text: string) => void) {
    this.#send = send
  }

  ask<T extends Tag>(tag: T, payload: Payload<T>): Promise<Outcome<Answer<T>>> {
    return this.#call(tag, payload)
  }

  order({ tag, payload }: Command, operationId: string): Promise<Outcome<Done>> {
    return this.#call(tag, { ...payload, operationId })
  }

  /** Tells what changes; answers when that has come to an end. */
  follow(after: number | null, told: (one: Told) => void): Promise<Outcome<never>> {
    return this.#stream<"Changes">("Changes", { after }, told)
  }

  /** The same of anything that goes on and on. */
  watch<T extends StreamTag>(
    tag: T,
    payload: StreamPayload<T>,
    told: (one: Streamed<T>) => void
  ): Promise<Outcome<never>> {
    return this.#stream(tag, payload, told)
  }

  /** To be answered, as a sign that somebody is there. */
  ping(): void {
    this.#send('{"_tag":"Ping"}')
  }

  /** A frame that came. */
  hear(text: string): void {
    const said: FromServer = JSON.parse(text)
    switch (said._tag) {
      case "Chunk":
        for (const one of said.values) this.#told.get(said.requestId)?.(one)
        this.#send(JSON.stringify({ _tag: "Ack", requestId: said.requestId }))
        break
      case "Exit": {
        const settle = this.#underWay.get(said.requestId)
        this.#underWay.delete(said.requestId)
        settle?.(said.exit)
      }
    }
  }

  /** Nothing more will come: neither for what is under way, nor for what waits behind it. */
  end(): void {
    this.#isOver = true
    while (this.#underWay.size > 0) {
      const lost = [...this.#underWay.values()]
      this.#underWay.clear()
      for (const settle of lost) settle(null)
    }
  }

  #call<A>(tag: string, payload: unknown): Promise<Outcome<A>> {
    return new Promise((resolve) => {
      const start = () =>
        this.#request(tag, payload, (exit) => {
          resolve(outcomeOf<A>(exit))
          this.#waiting.shift()?.()
        })
      if (this.#isOver) resolve({ _tag: "Lost" })
      else if (this.#underWay.size < callsAtOnce) start()
      else this.#waiting.push(start)
    })
  }

  #stream<T extends StreamTag>(
    tag: T,
    payload: unknown,
    told: (one: Streamed<T>) => void
  ): Promise<Outcome<never>> {
    return new Promise((resolve) => {
      if (this.#isOver) return resolve({ _tag: "Lost" })
      const id = this.#request(tag, payload, (exit) => {
        this.#told.delete(id)
        const outcome = outcomeOf<never>(exit)
        resolve(outcome._tag === "Answered" ? { _tag: "Lost" } : outcome)
      })
      this.#told.set(id, (one) => {
        if (isOurs<Streamed<T>>(one)) told(one)
      })
    })
  }

  #request(tag: string, payload: unknown, settle: (exit: Exit | null) => void): string {
    const id = String(++this.#lastId)
    this.#underWay.set(id, settle)
    if (!this.#isOver) this.#send(JSON.stringify({ _tag: "Request", id, tag, payload, headers: [] }))
    return id
  }
}

const outcomeOf = <A>(exit: Exit | null): Outcome<A> => {
  if (exit === null) return { _tag: "Lost" }
  if (exit._tag === "Failure") return exit.cause.error
  const { value } = exit
  return isOurs<A>(value) ? { _tag: "Answered", value } : { _tag: "Lost" }
}
