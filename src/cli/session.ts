import { Prompt } from "@effect/cli"
import { Config, Effect, Option, Redacted } from "effect"
import { readSecret, secretPaths } from "../identity/secretFile.ts"
import { demoDomain } from "../identity/seed.ts"
import { type AdminClient, makeAdminClient } from "../rpc/AdminClient.ts"
import { makeRpcClient, type RpcClient, type RpcClientError } from "../rpc/client.ts"
import { type DevicesClient, makeDevicesClient } from "../rpc/DevicesClient.ts"
import { endpointText, grpcEndpoint } from "./endpoints.ts"
import { CliFailure, exitCodes, explain } from "./failure.ts"
import { firstLineOfInput } from "./input.ts"

/** What the common options hold once they are read. */
export interface SessionOptions {
  readonly server: Option.Option<string>
  readonly portOffset: Option.Option<number>
  readonly data: Option.Option<string>
  readonly token: Option.Option<string>
  readonly as: Option.Option<string>
  /** The password of `as` is on the standard input. */
  readonly passwordStdin?: boolean
}

export interface Session {
  readonly rpc: RpcClient
  readonly admin: AdminClient
  readonly devices: DevicesClient
}

/** The server's data folder. */
const dataFolder = ({ data }: SessionOptions) =>
  Effect.map(Config.option(Config.string("POSTROOM_DATA")), (configured) =>
    Option.getOrElse(
      Option.orElse(data, () => configured),
      () => "data"
    )
  )

/** A kept secret; one that cannot be read is treated as one that is not there. */
const kept = (options: SessionOptions, which: "operatorToken" | "demoPassword") =>
  Effect.gen(function* () {
    const paths = yield* secretPaths(yield* dataFolder(options))
    const secret = yield* Effect.orElseSucceed(readSecret(paths[which]), () =>
      Option.none<Redacted.Redacted>()
    )
    return { secret, path: paths[which] }
  })

const denied = (message: string) => new CliFailure({ message, exitCode: exitCodes.denied })

const noPassword = (address: string) =>
  denied(`There is no password for ${address}: set POSTROOM_PASSWORD or use --password-stdin.`)

const passwordOf = (options: SessionOptions, address: string) =>
  Effect.gen(function* () {
    if (options.passwordStdin === true) return yield* firstLineOfInput
    const configured = yield* Config.option(Config.redacted("POSTROOM_PASSWORD"))
    if (Option.isSome(configured)) return configured.value
    if (address.toLowerCase().endsWith(`@${demoDomain}`)) {
      const { secret } = yield* kept(options, "demoPassword")
      if (Option.isSome(secret)) return secret.value
    }
    if (!process.stdin.isTTY) return yield* noPassword(address)
    return yield* Prompt.run(Prompt.password({ message: `Password of ${address}` })).pipe(
      Effect.mapError(() => noPassword(address))
    )
  })

const basic = (address: string, password: Redacted.Redacted) =>
  Redacted.make(`Basic ${Buffer.from(`${address}:${Redacted.value(password)}`).toString("base64")}`)

const bearer = (token: Redacted.Redacted) => Redacted.make(`Bearer ${Redacted.value(token)}`)

/** The header to sign in with: as a user where `--as` says so, else by token, else as the operator of this machine. */
const authorization = (options: SessionOptions, who: "anyone" | "user") =>
  Effect.gen(function* () {
    if (Option.isSome(options.as)) {
      return basic(options.as.value, yield* passwordOf(options, options.as.value))
    }
    const configured = yield* Config.option(Config.redacted("POSTROOM_TOKEN"))
    const token = Option.orElse(Option.map(options.token, Redacted.make), () => configured)
    if (Option.isSome(token)) return bearer(token.value)
    if (who === "user") {
      return yield* denied(
        "Say whose mailbox it is with --as ADDRESS, or give a token of theirs in POSTROOM_TOKEN. Operators do not read mail."
      )
    }
    const { secret, path } = yield* kept(options, "operatorToken")
    if (Option.isSome(secret)) return bearer(secret.value)
    return yield* denied(
      `There is no operator's token at ${path}. Run this on the server's machine and name its data folder with --data, or sign in with POSTROOM_TOKEN or --as.`
    )
  })

/** Signs in and uses the connection; what fails is put into words. `user` = the operator's token will not do. */
export const withSession = <A, R>(
  options: SessionOptions,
  who: "anyone" | "user",
  use: (session: Session) => Effect.Effect<A, RpcClientError | CliFailure, R>
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const endpoint = yield* grpcEndpoint({ given: options.server, portOffset: options.portOffset })
      const server = endpointText(endpoint)
      const rpc = yield* makeRpcClient({
        baseUrl: `http://${server}`,
        protocol: "grpc",
        authorization: yield* authorization(options, who)
      })
      return yield* Effect.mapError(
        use({ rpc, admin: makeAdminClient(rpc), devices: makeDevicesClient(rpc) }),
        (error) => (error instanceof CliFailure ? error : explain(server)(error))
      )
    })
  )
