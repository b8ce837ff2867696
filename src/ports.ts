import { Config } from "effect"

const port = (setting: string, standard: number, meaning: string) =>
  Config.integer(setting).pipe(
    Config.withDefault(standard),
    Config.validate({ message: "a port number, 0 to 65535", validation: (n) => n >= 0 && n <= 65_535 }),
    Config.withDescription(meaning)
  )

/** Where the platform listens. An offset moves every port, so that several run side by side; 0 = any free port. */
export const ListenConfig = Config.all({
  host: Config.string("POSTROOM_HOST").pipe(
    Config.withDefault("127.0.0.1"),
    Config.withDescription("Address to listen on.")
  ),
  offset: Config.integer("POSTROOM_PORT_OFFSET").pipe(
    Config.withDefault(0),
    Config.withDescription("Added to every port that is not 0.")
  ),
  http: port("POSTROOM_HTTP_PORT", 8080, "Health, metrics, Connect and gRPC-web."),
  https: port("POSTROOM_HTTPS_PORT", 8443, "The same over TLS."),
  grpc: port("POSTROOM_GRPC_PORT", 9090, "gRPC."),
  smtp: port("POSTROOM_SMTP_PORT", 2525, "Mail from the world, with STARTTLS."),
  lmtp: port("POSTROOM_LMTP_PORT", 2424, "Mail from a local transfer agent (RFC 2033).")
}).pipe(
  Config.map(({ host, offset, ...ports }) => {
    const moved = (n: number) => (n === 0 ? 0 : n + offset)
    return {
      host,
      http: moved(ports.http),
      https: moved(ports.https),
      grpc: moved(ports.grpc),
      smtp: moved(ports.smtp),
      lmtp: moved(ports.lmtp)
    }
  })
)
