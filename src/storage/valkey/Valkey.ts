import { ConfigError, Context, Duration, Effect, Layer, Option, Runtime, type Scope } from "effect"
import { monotonicMillis } from "../../domain/monotonicMillis.ts"
import { Secrets } from "../../settings/Secrets.ts"
import { type Client, newClient, type ValkeySignIn } from "./clients.ts"
import { ValkeyConfig, type ValkeySettings } from "./ValkeyConfig.ts"
import { outageReason, type ValkeyError, ValkeyUnavailable, valkeyError } from "./ValkeyError.ts"

/** A command's name in lower case, and its arguments. */
export type ValkeyCommand = readonly [name: string, ...args: ReadonlyArray<string | number>]

export interface ValkeyConnection {
  /**
   * Sends commands, all about keys of one slot, in one go, and gives their answers; fails where one of them failed,
   * though the others were done. Nobody waits longer than the deadline, and nobody at all while Valkey is known to be away.
   */
  readonly run: (
    ...commands: ReadonlyArray<ValkeyCommand>
  ) => Effect.Effect<ReadonlyArray<unknown>, ValkeyError>
}

/** One Valkey: a server, a set under sentinels, or a cluster. Nothing that must not get lost may be in it alone. */
export class Valkey extends Context.Tag("postroom/storage/Valkey")<
  Valkey,
  ValkeyConnection & {
    /**
     * Another connection, for commands that block so long: they hold up everything behind them. It is asked again as soon
     * as there is one: few ask, and each can wait.
     */
    readonly blocking: (block: Duration.Duration) => Effect.Effect<ValkeyConnection, never, Scope.Scope>
  }
>() {
  /**
   * Connects in the background, so that an absent server is an error of the commands, not of the layer. Signs in as
   * `newest` says when a connection is opened, and so again after it was refused for a password that was rotated.
   */
  static readonly layer = (
    settings: ValkeySettings,
    newest: Effect.Effect<ValkeySignIn> = Effect.succeed(settings)
  ): Layer.Layer<Valkey, ConfigError.ConfigError> =>
    Layer.scoped(
      Valkey,
      Effect.gen(function* () {
        const runSync = Runtime.runSync(yield* Effect.runtime())
        const open = (patience: Duration.Duration) =>
          openClient(settings, { patience, newest: () => runSync(newest) })
        const client = yield* open(settings.deadline)
        yield* tellOfOutages(client)
        return Valkey.of({
          ...connectionOn(client, firstQuietMillis),
          blocking: (block) =>
            // The certificates were readable a moment ago.
            open(Duration.sum(block, settings.deadline)).pipe(
              Effect.orDie,
              Effect.map((own) => connectionOn(own, 0))
            )
        })
      })
    )

  /** As the configuration has it, with the passwords of the day; none where no Valkey is named. */
  static readonly configured: Effect.Effect<
    Option.Option<Layer.Layer<Valkey, ConfigError.ConfigError>>,
    ConfigError.ConfigError
  > = Effect.gen(function* () {
    const { current } = yield* Secrets
    const newest = yield* current(ValkeyConfig)
    return Option.map(yield* newest, (settings) =>
      Valkey.layer(
        settings,
        Effect.map(
          newest,
          Option.getOrElse(() => settings)
        )
      )
    )
  })
}

const openClient = (settings: ValkeySettings, options: Parameters<typeof newClient>[1]) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const client = newClient(settings, options)
        // Each of them is an error of a command, too, or is followed by another attempt.
        client.on("error", () => undefined)
        return client
      },
      catch: () =>
        ConfigError.InvalidData(
          ["POSTROOM_VALKEY_CA"],
          "or POSTROOM_VALKEY_CERT or POSTROOM_VALKEY_KEY names a file that cannot be read"
        )
    }),
    (client) => Effect.sync(() => client.disconnect())
  )

/** Says when it goes, once for each reason, and when it is back. */
const tellOfOutages = (client: Client): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fork = Runtime.runFork(yield* Effect.runtime())
    const told = new Set<string>()
    let reason = "closed"
    const explain = (error: Error) => {
      reason = outageReason(error)
    }
    const down = () => {
      if (told.has(reason)) return
      told.add(reason)
      fork(Effect.logWarning(`Valkey is away (${reason}); the platform does without it until it is back`))
    }
    const up = () => {
      if (told.size > 0) fork(Effect.logInfo("Valkey is back"))
      told.clear()
      reason = "closed"
    }
    client.on("error", explain)
    client.on("ready", up)
    client.on("close", down)
    // Our own end of it is no outage.
    yield* Effect.addFinalizer(() => Effect.sync(() => client.off("close", down)))
  })

const send = async (
  client: Client,
  commands: ReadonlyArray<ValkeyCommand>
): Promise<ReadonlyArray<unknown>> => {
  const [first] = commands
  if (first === undefined) return []
  if (commands.length === 1) {
    const [name, ...args] = first
    return [await client.call(name, args)]
  }
  const answers = (await client.pipeline(commands.map((command) => [...command])).exec()) ?? []
  const failed = answers.find(([error]) => error !== null)
  if (failed !== undefined) throw failed[0]
  return answers.map(([, answer]) => answer)
}

/** After an answer that did not come, nobody asks for this long; twice as long after each further one. */
const firstQuietMillis = 1000
const longestQuietMillis = 5000

const connectionOn = (client: Client, firstQuiet: number): ValkeyConnection => {
  let quietUntil = 0
  let lateInARow = 0
  let isEnding = false
  client.on("close", () => {
    isEnding = false
  })

  const noteLate = Effect.map(monotonicMillis, (now) => {
    // Of several that waited at once, only the first tells something new.
    if (now < quietUntil || isEnding) return
    quietUntil = now + Math.min(longestQuietMillis, firstQuiet * 2 ** lateInARow)
    lateInARow += 1
    // It may be the connection that is dead, which TCP would notice in minutes; and what comes late is for nobody.
    isEnding = true
    client.disconnect(true)
  })

  return {
    run: (...commands) =>
      Effect.flatMap(monotonicMillis, (now) => {
        if (client.status !== "ready" || now < quietUntil) {
          return Effect.fail(new ValkeyUnavailable({ reason: "away" }))
        }
        return Effect.tryPromise({
          try: () => send(client, commands),
          catch: valkeyError
        }).pipe(
          Effect.tapBoth({
            onFailure: (error) =>
              error._tag === "ValkeyUnavailable" && error.reason === "late" ? noteLate : Effect.void,
            onSuccess: () =>
              Effect.sync(() => {
                lateInARow = 0
              })
          })
        )
      })
  }
}
