import { Config, Duration } from "effect"

const noOrigins: ReadonlyArray<string> = []

/** Limits of the gRPC, gRPC-web and Connect face. */
export const RpcConfig = Config.all({
  maxRequestBytes: Config.integer("POSTROOM_RPC_MAX_REQUEST_BYTES").pipe(
    Config.withDefault(65 * 1024 * 1024),
    Config.withDescription("Octets of one request message, after decompression.")
  ),
  maxTimeout: Config.duration("POSTROOM_RPC_MAX_TIMEOUT").pipe(
    Config.withDefault(Duration.hours(24)),
    Config.withDescription("The longest deadline that a caller may set.")
  ),
  maxStreams: Config.integer("POSTROOM_RPC_MAX_STREAMS").pipe(
    Config.withDefault(256),
    Config.withDescription("Calls under way on one gRPC connection.")
  ),
  maxConnections: Config.integer("POSTROOM_RPC_MAX_CONNECTIONS").pipe(
    Config.withDefault(4_096),
    Config.withDescription("Open connections to the gRPC port.")
  ),
  compressMinBytes: Config.integer("POSTROOM_RPC_COMPRESS_MIN_BYTES").pipe(
    Config.withDefault(16 * 1024),
    Config.withDescription("Answers from this size on are compressed where the caller takes it.")
  ),
  corsOrigins: Config.array(Config.string(), "POSTROOM_RPC_CORS_ORIGINS").pipe(
    Config.withDefault(noOrigins),
    Config.withDescription("Origins whose pages may call by gRPC-web or Connect; none by default.")
  ),
  drainTimeout: Config.duration("POSTROOM_RPC_DRAIN_TIMEOUT").pipe(
    Config.withDefault(Duration.seconds(5)),
    Config.withDescription("How long calls under way may take once a stop was asked for.")
  )
})

export type RpcSettings = Config.Config.Success<typeof RpcConfig>
