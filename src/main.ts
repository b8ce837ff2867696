import { resolve } from "node:path"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Context, Effect, Either, Layer, Redacted } from "effect"
import { type ApartRoleName, type Args, helpText, isWorker, readArgs, type WorkerRoleName } from "./args.ts"
import * as Boundaries from "./observability/boundaries.ts"
import { Health } from "./observability/health.ts"
import * as Logging from "./observability/logging.ts"
import * as Tracing from "./observability/tracing.ts"
import { ListenConfig } from "./ports.ts"
import { HttpServer } from "./protocols/http/HttpServer.ts"
import { Demo } from "./roles/demo.ts"
import { fleet } from "./roles/fleet.ts"
import { workersAlone } from "./roles/workers.ts"
import { all, type Listening, listening } from "./roles.ts"
import "./settings/otherPrograms.ts"
import { document } from "./settings/document.ts"
import { environment } from "./settings/environment.ts"
import { type OpenSettings, openSettings } from "./settings/openSettings.ts"
import { SettingsWrong, unknownNames, wrongValues } from "./settings/problems.ts"
import { Secrets } from "./settings/Secrets.ts"
import { allSettings, setting } from "./settings/setting.ts"
import { text } from "./settings/types.ts"
import { exitCodeOf, explain } from "./startFailure.ts"

const DataFolder = setting({
  name: "POSTROOM_DATA",
  type: text,
  default: "./data",
  meaning: "Where everything is kept."
})

const greeting = (at: Listening, demoPassword: Redacted.Redacted | null): string =>
  [
    "",
    "Postroom is ready.",
    `  mail in a browser     http://${at.host}:${at.http}/mail${demoPassword === null ? "" : "   (demo users below)"}`,
    `  mail from the world   smtp://${at.host}:${at.smtp}   (STARTTLS; LMTP on ${at.lmtp})`,
    `  programs              gRPC ${at.host}:${at.grpc}   Connect and gRPC-web http://${at.host}:${at.http}  https://${at.host}:${at.https}`,
    `  phones                ActiveSync https://${at.host}:${at.https}/Microsoft-Server-ActiveSync`,
    `  operators             console http://${at.host}:${at.http}/console   (its token: secrets/operator-token in the data folder)`,
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

const workersGreeting = (roles: ReadonlyArray<string>, at: Pick<Listening, "host" | "http">): string =>
  [
    "",
    `Postroom is ready: ${roles.join(", ")}.`,
    `  health and metrics    http://${at.host}:${at.http}/healthz  /readyz  /metrics`,
    "  stop it               Ctrl-C",
    ""
  ].join("\n")

/** Builds a role, greets once it stands, and goes on until it is stopped. */
const serve = <A, E, R, E2, R2>(
  role: Layer.Layer<A | Health, E, R>,
  greet: Effect.Effect<string, E2, A | R2>,
  { watch }: OpenSettings
) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(role)
    yield* Effect.addFinalizer(() => Context.get(context, Health).drain)
    yield* Console.log(yield* Effect.provide(greet, context))
    yield* Effect.forkScoped(watch)
    return yield* Effect.never
  }).pipe(Effect.scoped)

const serveWorkers = Effect.fnUntraced(function* (
  roles: ReadonlyArray<WorkerRoleName>,
  opened: OpenSettings
) {
  const greet = Effect.zipWith(ListenConfig, HttpServer, ({ host }, { httpPort }) =>
    workersGreeting(roles, { host, http: httpPort })
  )
  return yield* serve(workersAlone(roles, resolve(yield* DataFolder)), greet, opened)
})

const serveFleet = Effect.fnUntraced(function* (roles: ReadonlyArray<ApartRoleName>, opened: OpenSettings) {
  const greet = Effect.zipWith(ListenConfig, HttpServer, ({ host }, { httpPort }) =>
    workersGreeting(roles, { host, http: httpPort })
  )
  return yield* serve(fleet(roles, resolve(yield* DataFolder)), greet, opened)
})

const serveAll = Effect.fnUntraced(function* (opened: OpenSettings) {
  const dataFolder = resolve(yield* DataFolder)
  yield* Console.log(`Starting Postroom on ${dataFolder} ...`)
  const greet = Effect.zipWith(listening, Demo, (at, { newPassword }) => greeting(at, newPassword))
  return yield* serve(all(dataFolder), greet, opened)
})

const serveRoles = (roles: Args["roles"], opened: OpenSettings) => {
  if (roles === "all") return serveAll(opened)
  const workers = roles.filter(isWorker)
  return workers.length === roles.length ? serveWorkers(workers, opened) : serveFleet(roles, opened)
}

const start = ({ roles, settings: flags }: Args) =>
  Effect.gen(function* () {
    const given = new Map([...(yield* environment), ...flags])
    const opened = yield* openSettings(given)
    const problems = [
      ...unknownNames(given.keys(), allSettings()),
      ...opened.problems,
      ...(yield* wrongValues(opened.provider, allSettings()))
    ]
    if (problems.length > 0) return yield* new SettingsWrong({ problems })
    return yield* serveRoles(roles, opened).pipe(
      Effect.provide(
        Layer.merge(
          Boundaries.layerCrashAt,
          Layer.provideMerge(Tracing.layer(roles === "all" ? [roles] : roles), Logging.layer)
        )
      ),
      Effect.provideService(Secrets, opened.secrets),
      Effect.withConfigProvider(opened.provider)
    )
  }).pipe(Effect.provide(NodeContext.layer))

const main = Either.match(readArgs(process.argv.slice(2)), {
  onLeft: (problem) =>
    Effect.zipRight(
      Console.error(problem),
      Effect.sync(() => process.exit(2))
    ),
  onRight: (args) => {
    switch (args.wants) {
      case "help":
        return Console.log(helpText())
      case "settings":
        return Console.log(document(allSettings()))
      case "start":
        return start(args)
    }
  }
})

NodeRuntime.runMain(
  Effect.catchAll(main, (error) =>
    Effect.zipRight(
      Console.error(explain(error)),
      Effect.sync(() => process.exit(exitCodeOf(error)))
    )
  ),
  { disablePrettyLogger: true }
)
