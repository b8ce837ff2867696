import { type Client, type ConnectError, createClient, type Interceptor } from "@connectrpc/connect"
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { Chunk, Effect, Option, Redacted, type Scope, Stream } from "effect"
import type { CoreError } from "../domain/errors.ts"
import { AdminService } from "./gen/postroom/core/v1/admin_pb.ts"
import { ClusterService } from "./gen/postroom/core/v1/cluster_pb.ts"
import { DeviceService } from "./gen/postroom/core/v1/devices_pb.ts"
import { IndexService } from "./gen/postroom/core/v1/index_pb.ts"
import { MailboxService } from "./gen/postroom/core/v1/mailbox_pb.ts"
import { QueueService } from "./gen/postroom/core/v1/queue_pb.ts"
import { UpkeepService } from "./gen/postroom/core/v1/upkeep_pb.ts"
import { fromConnectError } from "./status.ts"

export interface RpcClientOptions {
  /** `http://127.0.0.1:9090` for gRPC, `http://127.0.0.1:8080` for Connect. */
  readonly baseUrl: string
  readonly protocol: "grpc" | "connect"
  /** Value of the Authorization header: `Bearer …` or `Basic …`. */
  readonly authorization: Redacted.Redacted
  readonly correlationId?: string
}

/** What a call fails with: the server's own error, or the transport's where nobody of ours answered. */
export type RpcClientError = CoreError | ConnectError

export interface RpcClient {
  readonly mailbox: Client<typeof MailboxService>
  readonly queue: Client<typeof QueueService>
  readonly admin: Client<typeof AdminService>
  readonly upkeep: Client<typeof UpkeepService>
  readonly index: Client<typeof IndexService>
  readonly devices: Client<typeof DeviceService>
  readonly cluster: Client<typeof ClusterService>
  /** `client.call((signal) => client.mailbox.getMailbox({}, { signal }))`; interruption cancels the call. */
  readonly call: <A>(start: (signal: AbortSignal) => Promise<A>) => Effect.Effect<A, RpcClientError>
  /** The same for a method that answers with a stream. */
  readonly stream: <A>(start: (signal: AbortSignal) => AsyncIterable<A>) => Stream.Stream<A, RpcClientError>
}

const call: RpcClient["call"] = (start) => Effect.tryPromise({ try: start, catch: fromConnectError })

const stream: RpcClient["stream"] = (start) =>
  Stream.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort())
      ),
      (controller) => Stream.fromAsyncIterable(start(controller.signal), fromConnectError)
    )
  )

/** All that a method gives page by page. */
export const pages = <Response extends { readonly nextPageToken: string }, A>(
  read: (pageToken: string) => Effect.Effect<Response, RpcClientError>,
  entries: (response: Response) => ReadonlyArray<A>
): Stream.Stream<A, RpcClientError> =>
  Stream.paginateChunkEffect("", (pageToken) =>
    Effect.map(read(pageToken), (response) => [
      Chunk.fromIterable(entries(response)),
      response.nextPageToken === "" ? Option.none() : Option.some(response.nextPageToken)
    ])
  )

/** A client with its own connection, closed with the scope. */
export const makeRpcClient = (options: RpcClientOptions): Effect.Effect<RpcClient, never, Scope.Scope> =>
  Effect.gen(function* () {
    const signed: Interceptor = (next) => (request) => {
      request.header.set("Authorization", Redacted.value(options.authorization))
      if (options.correlationId !== undefined) request.header.set("X-Correlation-Id", options.correlationId)
      return next(request)
    }
    const common = { baseUrl: options.baseUrl, interceptors: [signed] }
    const transport =
      options.protocol === "connect"
        ? createConnectTransport({ ...common, httpVersion: "1.1" })
        : createGrpcTransport({
            ...common,
            sessionManager: yield* Effect.acquireRelease(
              Effect.sync(() => new Http2SessionManager(options.baseUrl)),
              (manager) => Effect.sync(() => manager.abort())
            )
          })
    return {
      mailbox: createClient(MailboxService, transport),
      queue: createClient(QueueService, transport),
      admin: createClient(AdminService, transport),
      upkeep: createClient(UpkeepService, transport),
      index: createClient(IndexService, transport),
      devices: createClient(DeviceService, transport),
      cluster: createClient(ClusterService, transport),
      call,
      stream
    }
  })
