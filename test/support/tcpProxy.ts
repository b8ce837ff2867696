import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net"
import { Deferred, Effect, FiberId, type Scope } from "effect"

/** `up`: from the client to the server. */
export type Direction = "up" | "down"

type Mode =
  | { readonly _tag: "Pass" }
  | { readonly _tag: "Refuse" }
  | { readonly _tag: "Stall"; readonly directions: ReadonlyArray<Direction> }
  | { readonly _tag: "Swallow"; readonly directions: ReadonlyArray<Direction> }
  | { readonly _tag: "Delay"; readonly millis: number; readonly jitterMillis: number }
  | { readonly _tag: "Cut"; readonly direction: Direction; readonly afterBytes: number; timesLeft: number }
  | { readonly _tag: "Answer"; readonly bytes: Buffer }
  | { readonly _tag: "Alter"; readonly change: (bytes: Buffer, direction: Direction) => Buffer }

/** A TCP server in front of another one that can be told to misbehave. Where there is a choice, connections are reset. */
export interface TcpProxy {
  readonly port: number
  /** Bytes go through as they come, those held back first. */
  readonly pass: Effect.Effect<void>
  /** Nobody listens, and what is open is reset. */
  readonly refuse: Effect.Effect<void>
  /** Connections are taken, and what is sent on them is held back, on both ways or on one. */
  readonly stall: (...only: ReadonlyArray<Direction>) => Effect.Effect<void>
  /** Half open: what is sent that way goes nowhere, nor does its end, and nobody is told; reset by what comes after. */
  readonly swallow: (...only: ReadonlyArray<Direction>) => Effect.Effect<void>
  /** Everything comes so much later, and by up to the jitter later still, in its order. */
  readonly delay: (by: { readonly millis: number; readonly jitterMillis: number }) => Effect.Effect<void>
  /** What is open is reset; what comes goes through. */
  readonly reset: Effect.Effect<void>
  /** A connection is reset once so many bytes have gone that way, counted from now; after `times` of them all is well. */
  readonly cut: (
    direction: Direction,
    options: { readonly afterBytes: number; readonly times?: number }
  ) => Effect.Effect<void>
  /** In place of the server: to the first that a client says, and then it hangs up. */
  readonly answer: (bytes: Buffer) => Effect.Effect<void>
  readonly alter: (change: (bytes: Buffer, direction: Direction) => Buffer) => Effect.Effect<void>
  /** Waits until the misbehaviour that was asked for has met somebody. */
  readonly met: Effect.Effect<void>
}

/** A client's connection and the one made for it. */
class Pair {
  readonly #ends: Readonly<Record<Direction, Socket>>
  readonly #held: Record<Direction, Array<Buffer>> = { up: [], down: [] }
  readonly #hasEnded: Record<Direction, boolean> = { up: false, down: false }
  readonly #modeOf: () => Mode
  readonly #tellMet: () => void
  readonly #isOverTcp: boolean
  #counted: Record<Direction, number> = { up: 0, down: 0 }
  #hasHole = false

  constructor(
    client: Socket,
    target: NetConnectOpts,
    { modeOf, tellMet }: { readonly modeOf: () => Mode; readonly tellMet: () => void }
  ) {
    this.#modeOf = modeOf
    this.#tellMet = tellMet
    this.#isOverTcp = !("path" in target)
    const server = connect(target)
    this.#ends = { up: server, down: client }
    this.#carry(client, "up")
    this.#carry(server, "down")
  }

  reset(): void {
    this.#ends.down.resetAndDestroy()
    // A unix socket cannot be reset.
    if (this.#isOverTcp) this.#ends.up.resetAndDestroy()
    else this.#ends.up.destroy()
  }

  /** A new mode has begun. */
  change(): void {
    this.#counted = { up: 0, down: 0 }
    const mode = this.#modeOf()._tag
    if (mode === "Refuse" || this.#hasHole) this.reset()
    else if (!isSilent(mode)) for (const direction of bothWays) this.#release(direction)
  }

  /** All that was held back, or so much of it, and then its end. */
  #release(direction: Direction, count = Number.POSITIVE_INFINITY): void {
    for (const bytes of this.#held[direction].splice(0, count)) this.#ends[direction].write(bytes)
    if (this.#hasEnded[direction] && this.#held[direction].length === 0) this.#ends[direction].end()
  }

  #later(direction: Direction, { millis, jitterMillis }: Extract<Mode, { readonly _tag: "Delay" }>): void {
    setTimeout(
      () => {
        // In the mode after it all is let go at once, or held.
        if (this.#modeOf()._tag === "Delay") this.#release(direction, 1)
      },
      millis + Math.random() * jitterMillis
    )
  }

  #carry(from: Socket, direction: Direction): void {
    from.on("data", (bytes: Buffer) => this.#take(bytes, direction))
    from.on("error", () => undefined)
    from.on("close", () => {
      this.#hasEnded[direction] = true
      const mode = this.#modeOf()
      if (mode._tag === "Delay") this.#later(direction, mode)
      else if (!isSilent(mode._tag)) this.#ends[direction].end()
    })
  }

  #take(bytes: Buffer, direction: Direction): void {
    const mode = this.#modeOf()
    const to = this.#ends[direction]
    switch (mode._tag) {
      case "Pass":
      case "Refuse":
        to.write(bytes)
        return
      case "Stall":
        if (!mode.directions.includes(direction)) {
          to.write(bytes)
          return
        }
        this.#held[direction].push(bytes)
        this.#tellMet()
        return
      case "Swallow":
        if (!mode.directions.includes(direction)) {
          to.write(bytes)
          return
        }
        this.#hasHole = true
        this.#tellMet()
        return
      case "Delay":
        this.#held[direction].push(bytes)
        this.#later(direction, mode)
        this.#tellMet()
        return
      case "Answer":
        this.#tellMet()
        this.#ends.down.end(mode.bytes)
        this.#ends.up.destroy()
        return
      case "Alter": {
        const altered = mode.change(bytes, direction)
        if (altered !== bytes) this.#tellMet()
        to.write(altered)
        return
      }
      case "Cut": {
        const left = mode.afterBytes - this.#counted[direction]
        this.#counted[direction] += bytes.length
        if (direction !== mode.direction || mode.timesLeft === 0 || bytes.length <= left) {
          to.write(bytes)
          return
        }
        mode.timesLeft -= 1
        this.#tellMet()
        to.write(bytes.subarray(0, Math.max(0, left)), () => this.reset())
      }
    }
  }
}

/** Whether an end is told as little as anything else. */
const isSilent = (mode: Mode["_tag"]): boolean => mode === "Stall" || mode === "Swallow"

const bothWays: ReadonlyArray<Direction> = ["up", "down"]

const listen = (server: Server, port: number, host: string): Effect.Effect<number> =>
  Effect.async((resume) => {
    server.listen(port, host, () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** Listens on a free port; it ends, and resets what is open, with the scope. */
export const makeTcpProxy = (
  target: NetConnectOpts,
  host = "127.0.0.1"
): Effect.Effect<TcpProxy, never, Scope.Scope> =>
  Effect.gen(function* () {
    let mode: Mode = { _tag: "Pass" }
    let met = Deferred.unsafeMake<void>(FiberId.none)
    const pairs = new Set<Pair>()
    const server = createServer((client) => {
      const pair = new Pair(client, target, {
        modeOf: () => mode,
        tellMet: () => Deferred.unsafeDone(met, Effect.void)
      })
      pairs.add(pair)
      client.on("close", () => {
        if (!isSilent(mode._tag)) pairs.delete(pair)
      })
    })
    const port = yield* Effect.acquireRelease(listen(server, 0, host), () =>
      Effect.sync(() => {
        for (const pair of pairs) pair.reset()
        server.close()
      })
    )

    const become = (next: Mode) =>
      Effect.suspend(() => {
        mode = next
        met = Deferred.unsafeMake<void>(FiberId.none)
        for (const pair of pairs) pair.change()
        if (next._tag !== "Refuse")
          return server.listening ? Effect.void : Effect.asVoid(listen(server, port, host))
        return Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
        })
      })

    return {
      port,
      pass: become({ _tag: "Pass" }),
      refuse: become({ _tag: "Refuse" }),
      stall: (...only) => become({ _tag: "Stall", directions: only.length === 0 ? bothWays : only }),
      swallow: (...only) => become({ _tag: "Swallow", directions: only.length === 0 ? bothWays : only }),
      delay: (by) => become({ _tag: "Delay", ...by }),
      reset: Effect.sync(() => {
        for (const pair of pairs) pair.reset()
      }),
      cut: (direction, { afterBytes, times = Number.POSITIVE_INFINITY }) =>
        become({ _tag: "Cut", direction, afterBytes, timesLeft: times }),
      answer: (bytes) => become({ _tag: "Answer", bytes }),
      alter: (change) => become({ _tag: "Alter", change }),
      met: Effect.suspend(() => Deferred.await(met))
    }
  })
