import { ConfigProvider, Context, Effect, Layer, type Scope } from "effect"
import { Mailboxes, type Moved } from "../../src/actors/mailbox/MailboxProtocol.ts"
import * as PeersLive from "../../src/actors/remote/PeersLive.ts"
import * as RunnerServer from "../../src/actors/remote/RunnerServer.ts"
import { type HandOver, Peers } from "../../src/actors/sharding/Peers.ts"
import { type Credentials, MutualTls } from "../../src/identity/tls/MutualTls.ts"
import type { Rotating } from "../../src/identity/tls/tlsFiles.ts"

/** Silence that is noticed while a test waits for it. */
const settings = { POSTROOM_REMOTE_SILENCE: "400 millis" }

export interface RemoteOptions {
  readonly settings?: Readonly<Record<string, string>>
  readonly tls?: Rotating<Credentials> | null
}

const provided = <A, E, R>(layer: Layer.Layer<A, E, R | MutualTls>, options: RemoteOptions) =>
  layer.pipe(
    Layer.provide(Layer.succeed(MutualTls, options.tls ?? null)),
    Layer.provide(
      Layer.setConfigProvider(
        ConfigProvider.fromMap(new Map(Object.entries({ ...settings, ...options.settings })))
      )
    )
  )

export interface ServeOptions extends RemoteOptions {
  readonly host?: string
  readonly handOver?: (wish: HandOver) => Effect.Effect<void, Moved>
}

/** The port that the mailboxes are served on, until the scope closes. */
export const serve = (mailboxes: Mailboxes["Type"], options: ServeOptions = {}) => {
  const { host = "127.0.0.1", handOver = () => Effect.void } = options
  return RunnerServer.layer({ host, port: 0, handOver }).pipe(
    Layer.provide(Layer.succeed(Mailboxes, mailboxes)),
    (layer) => Layer.build(provided(layer, options)),
    Effect.map((context) => Context.get(context, RunnerServer.RunnerServer).port)
  )
}

/** A process that calls others, until the scope closes. */
export const calling = (options: RemoteOptions = {}): Effect.Effect<Peers["Type"], never, Scope.Scope> =>
  Layer.build(provided(PeersLive.layer, options)).pipe(
    Effect.map((context) => Context.get(context, Peers)),
    Effect.orDie
  )
