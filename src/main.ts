import { resolve } from "node:path"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Config, ConfigProvider, Console, Context, Effect, Either, Layer, Redacted } from "effect"
import { helpText, readArgs } from "./args.ts"
import * as Boundaries from "./observability/boundaries.ts"
import { Health } from "./observability/health.ts"
import * as Logging from "./observability/logging.ts"
import { all, Demo, type Listening, listening } from "./roles.ts"
import { explain } from "./startFailure.ts"

const DataFolder = Config.string("POSTROOM_DATA").pipe(
  Config.withDefault("./data"),
  Config.withDescription("Where everything is kept.")
)

const greeting = (at: Listening, demoPassword: Redacted.Redacted | null): string =>
  [
    "",
    "Postroom is ready.",
    `  mail from the world   smtp://${at.host}:${at.smtp}   (STARTTLS; LMTP on ${at.lmtp})`,
    `  programs              gRPC ${at.host}:${at.grpc}   Connect and gRPC-web http://${at.host}:${at.http}  https://${at.host}:${at.https}`,
    `  health and metrics    http://${at.host}:${at.http}/healthz  /readyz  /metrics`,
    ...(demoPassword === null
      ? []
      : [
          `  demo users            alice@demo.test, bob@demo.test, carol@demo.test   password ${Redacted.value(demoPassword)}`,
          "                        (shown once; kept in secrets/demo-password in the data folder)"
        ]),
    "  try it                node bin/postroom.mjs --help",
    "  stop it               Ctrl-C",
    ""
  ].join("\n")

const serve = Effect.gen(function* () {
  const dataFolder = resolve(yield* DataFolder)
  yield* Console.log(`Starting Postroom on ${dataFolder} ...`)
  const context = yield* Layer.build(all(dataFolder))
  yield* Effect.addFinalizer(() => Context.get(context, Health).drain)
  const { newPassword } = Context.get(context, Demo)
  yield* Console.log(greeting(yield* Effect.provide(listening, context), newPassword))
  return yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.provide(Layer.mergeAll(Boundaries.layerCrashAt, Logging.layer, NodeContext.layer))
)

const main = Either.match(readArgs(process.argv.slice(2)), {
  onLeft: (problem) =>
    Effect.zipRight(
      Console.error(problem),
      Effect.sync(() => process.exit(2))
    ),
  onRight: ({ settings, wantsHelp }) =>
    wantsHelp
      ? Console.log(helpText())
      : Effect.withConfigProvider(
          serve,
          ConfigProvider.orElse(ConfigProvider.fromMap(new Map(settings)), () => ConfigProvider.fromEnv())
        )
})

NodeRuntime.runMain(
  Effect.catchAll(main, (error) =>
    Effect.zipRight(
      Console.error(explain(error)),
      Effect.sync(() => process.exit(1))
    )
  ),
  { disablePrettyLogger: true }
)
