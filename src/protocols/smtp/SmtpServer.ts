import { Context, Deferred, Duration, Effect, FiberSet, Layer, Schedule, Schema, type Scope } from "effect"
import { monotonicMillisOf } from "../../domain/monotonicMillis.ts"
import { TlsCertificate } from "../../identity/tls/TlsCertificate.ts"
import { Boundaries } from "../../observability/boundaries.ts"
import { Tracing } from "../../observability/tracing.ts"
import { Intake } from "../../pipeline/Intake.ts"
import { RateLimits } from "../../storage/limits/RateLimits.ts"
import { Connections } from "./Connections.ts"
import { LibraryServer } from "./LibraryServer.ts"
import { makePeerRates } from "./peerRates.ts"
import { SmtpConfig, type SmtpSettings } from "./SmtpConfig.ts"
import { makeSessionHandlers, type SessionParts } from "./session.ts"
import type { Protocol } from "./transaction.ts"

export interface Listener {
  readonly protocol: Protocol
  /** `starttls`: plain, with the offer to change over; `implicit`: TLS from the first byte. */
  readonly tls: "starttls" | "implicit"
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
}

/** The address is taken, or not ours to listen on. */
export class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", {
  host: Schema.String,
  port: Schema.Number,
  cause: Schema.Defect
}) {
  override get message() {
    return `Cannot listen on ${this.host} port ${this.port}.`
  }
}

/** Takes mail in over SMTP and LMTP and hands it to the Intake. */
export class SmtpServer extends Context.Tag("postroom/protocols/smtp/SmtpServer")<
  SmtpServer,
  {
    /** In the order asked for, with the ports that were got. */
    readonly listeners: ReadonlyArray<Listener>
    readonly openConnections: Effect.Effect<number>
  }
>() {
  /**
   * Listens until its scope ends, then stops gracefully: no new connections, transactions under way may finish within
   * the drain time-out, everybody else gets 421.
   */
  static readonly layer = (options: {
    readonly listeners: ReadonlyArray<Listener>
  }): Layer.Layer<SmtpServer, ListenFailed, Intake | SmtpConfig | TlsCertificate | RateLimits> =>
    Layer.scoped(
      SmtpServer,
      Effect.gen(function* () {
        const settings = yield* SmtpConfig
        const connections = new Connections(settings)
        const parts = {
          settings,
          connections,
          rates: makePeerRates(yield* RateLimits, settings),
          intake: yield* Intake,
          boundaries: yield* Boundaries,
          tracing: yield* Tracing,
          clock: yield* Effect.clock,
          run: yield* FiberSet.makeRuntime<never>()
        }
        yield* Effect.addFinalizer(() => leave(connections, settings))
        const listeners = yield* Effect.forEach(options.listeners, (listener) => listen(listener, parts))
        yield* Effect.sync(() => connections.sweep(monotonicMillisOf(parts.clock))).pipe(
          Effect.schedule(Schedule.spaced("1 second")),
          Effect.forkScoped
        )
        return { listeners, openConnections: Effect.sync(() => connections.size) }
      })
    )
}

/** Runs after the listeners have stopped: finalizers run last in, first out. */
const leave = (connections: Connections, settings: SmtpSettings): Effect.Effect<void> =>
  Effect.gen(function* () {
    const drained = yield* Deferred.make<void>()
    connections.drain(() => Deferred.unsafeDone(drained, Effect.void))
    yield* Effect.timeoutOption(Effect.interruptible(Deferred.await(drained)), settings.drainTimeout)
    connections.cut()
  })

const listen = (
  listener: Listener,
  parts: Omit<SessionParts, "protocol">
): Effect.Effect<Listener, ListenFailed, TlsCertificate | Scope.Scope> =>
  Effect.gen(function* () {
    const { key, cert, onRotation } = yield* TlsCertificate
    const { settings } = parts
    const server = new LibraryServer(
      {
        name: settings.hostname,
        lmtp: listener.protocol === "lmtp",
        secure: listener.tls === "implicit",
        key,
        cert,
        minVersion: "TLSv1.2",
        size: settings.message.messageBytes,
        socketTimeout: Duration.toMillis(settings.commandTimeout),
        // Bounds those in a TLS handshake; sessions are bounded by Connections, with a reply of our own.
        maxClients: settings.connections,
        maxCommandLength: 128 * 1024
      },
      makeSessionHandlers({ ...parts, protocol: listener.protocol })
    )
    yield* Effect.addFinalizer(() => Effect.sync(() => server.stopListening()))
    yield* onRotation((pair) => server.updateSecureContext(pair))
    const port = yield* Effect.async<number, ListenFailed>((resume) => {
      server.server.once("error", (cause) =>
        resume(new ListenFailed({ host: listener.host, port: listener.port, cause }))
      )
      server.listen(listener.port, listener.host, () => {
        const address = server.server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : listener.port))
      })
    })
    return { ...listener, port }
  })
