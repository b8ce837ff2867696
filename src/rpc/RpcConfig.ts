import { Config, Duration } from "effect"
import { setting } from "../settings/setting.ts"
import { bytes, duration, integer, list, text } from "../settings/types.ts"

/** Limits of the gRPC, gRPC-web and Connect face. */
export const RpcConfig = Config.all({
  maxRequestBytes: setting({
    name: "POSTROOM_RPC_MAX_REQUEST_BYTES",
    type: bytes,
    default: 65 * 1024 * 1024,
    meaning: "Octets of one request message, after decompression."
  }),
  maxTimeout: setting({
    name: "POSTROOM_RPC_MAX_TIMEOUT",
    type: duration,
    default: Duration.hours(24),
    meaning: "The longest deadline that a caller may set."
  }),
  maxStreams: setting({
    name: "POSTROOM_RPC_MAX_STREAMS",
    type: integer,
    default: 256,
    meaning: "Calls under way on one gRPC connection."
  }),
  maxConnections: setting({
    name: "POSTROOM_RPC_MAX_CONNECTIONS",
    type: integer,
    default: 4_096,
    meaning: "Open connections to the gRPC port."
  }),
  compressMinBytes: setting({
    name: "POSTROOM_RPC_COMPRESS_MIN_BYTES",
    type: bytes,
    default: 16 * 1024,
    meaning: "Answers from this size on are compressed where the caller takes it."
  }),
  corsOrigins: setting({
    name: "POSTROOM_RPC_CORS_ORIGINS",
    type: list(text),
    default: [],
    meaning: "Origins whose pages may call by gRPC-web or Connect; none by default."
  }),
  drainTimeout: setting({
    name: "POSTROOM_RPC_DRAIN_TIMEOUT",
    type: duration,
    default: Duration.seconds(5),
    meaning: "How long calls under way may take once a stop was asked for."
  })
})

export type RpcSettings = Config.Config.Success<typeof RpcConfig>
