import { Config, ConfigProvider, Effect, Option } from "effect"
import { ListenConfig } from "../ports.ts"
import { type CliFailure, usage } from "./failure.ts"

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export const endpointText = ({ host, port }: Endpoint): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/** Reads `host:port`, `[v6]:port` or either as an http URL. */
export const readEndpoint = (text: string): Effect.Effect<Endpoint, CliFailure> => {
  const [, six, name, port] =
    /^(?:http:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([^:/@\s]+)):(\d{1,5})\/?$/.exec(text) ?? []
  const host = six ?? name
  return host === undefined || Number(port) > 65_535
    ? Effect.fail(usage(`"${text}" is not of the form host:port, as in 127.0.0.1:9090.`))
    : Effect.succeed({ host, port: Number(port) })
}

/** Where a server that was started with the same environment on this machine listens. */
const listening = (portOffset: Option.Option<number>) =>
  Effect.map(
    Effect.configProviderWith((environment) =>
      Effect.withConfigProvider(
        ListenConfig,
        Option.match(portOffset, {
          onNone: () => environment,
          onSome: (offset) =>
            ConfigProvider.orElse(
              ConfigProvider.fromMap(new Map([["POSTROOM_PORT_OFFSET", String(offset)]])),
              () => environment
            )
        })
      )
    ),
    (config) => ({ ...config, host: /^(0\.0\.0\.0|::)$/.test(config.host) ? "127.0.0.1" : config.host })
  )

interface Where {
  /** What the command line says. */
  readonly given: Option.Option<string>
  readonly portOffset: Option.Option<number>
}

/** The endpoint as given, else as the environment says, else the default. */
const find =
  (service: "grpc" | "smtp" | "lmtp", variable: string) =>
  ({ given, portOffset }: Where) =>
    Effect.gen(function* () {
      const configured = yield* Config.option(Config.string(variable))
      const text = Option.orElse(given, () => configured)
      if (Option.isSome(text)) return yield* readEndpoint(text.value)
      const ports = yield* listening(portOffset)
      return { host: ports.host, port: ports[service] }
    })

export const grpcEndpoint = find("grpc", "POSTROOM_SERVER")
export const smtpEndpoint = find("smtp", "POSTROOM_SMTP_SERVER")
export const lmtpEndpoint = find("lmtp", "POSTROOM_LMTP_SERVER")
