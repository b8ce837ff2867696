import { Config } from "effect"
import { setting } from "./settings/setting.ts"
import { between, integer, text } from "./settings/types.ts"

const port = (name: `POSTROOM_${string}`, standard: number, meaning: string) =>
  setting({ name, type: integer, default: standard, meaning, check: between(0, 65_535) })

/** Where the platform listens. An offset moves every port, so that several run side by side; 0 = any free port. */
export const ListenConfig = Config.all({
  host: setting({
    name: "POSTROOM_HOST",
    type: text,
    default: "127.0.0.1",
    meaning: "Address to listen on."
  }),
  offset: setting({
    name: "POSTROOM_PORT_OFFSET",
    type: integer,
    default: 0,
    meaning: "Added to every port that is not 0."
  }),
  http: port("POSTROOM_HTTP_PORT", 8080, "Health, metrics, Connect and gRPC-web."),
  https: port("POSTROOM_HTTPS_PORT", 8443, "Health, metrics, Connect and gRPC-web over TLS."),
  grpc: port("POSTROOM_GRPC_PORT", 9090, "gRPC."),
  smtp: port("POSTROOM_SMTP_PORT", 2525, "Mail from the world, with STARTTLS."),
  lmtp: port("POSTROOM_LMTP_PORT", 2424, "Mail from a local transfer agent (RFC 2033)."),
  runner: port("POSTROOM_RUNNER_PORT", 7070, "Calls of other processes of the deployment, for `svc-grpc`.")
}).pipe(
  Config.map(({ host, offset, ...ports }) => {
    const moved = (n: number) => (n === 0 ? 0 : n + offset)
    return {
      host,
      http: moved(ports.http),
      https: moved(ports.https),
      grpc: moved(ports.grpc),
      smtp: moved(ports.smtp),
      lmtp: moved(ports.lmtp),
      runner: moved(ports.runner)
    }
  })
)
