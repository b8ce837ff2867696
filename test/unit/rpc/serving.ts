import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createClient, type Interceptor, type Transport } from "@connectrpc/connect"
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node"
import { ConfigProvider, Context, Effect, Layer } from "effect"
import { MailboxService } from "../../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import * as RpcHandlerLive from "../../../src/rpc/RpcHandler.ts"
import { RpcHandler } from "../../../src/rpc/RpcHandler.ts"
import * as server from "../../../src/rpc/server.ts"
import { GrpcServer } from "../../../src/rpc/server.ts"
import { layerCore, layerIdentity, type World } from "./fakes.ts"

/** A gRPC port and an HTTP port over the real handler, until the scope closes. */
export const serving = (world: World, settings: Record<string, string> = {}) =>
  Effect.gen(function* () {
    const config = Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))
    const services = yield* Layer.build(
      server
        .layer({ host: "127.0.0.1", port: 0 })
        .pipe(
          Layer.provideMerge(RpcHandlerLive.layer),
          Layer.provide(Layer.merge(layerCore(world), layerIdentity)),
          Layer.provide(config)
        )
    )
    const rpc = Context.get(services, RpcHandler)
    const http = yield* Effect.acquireRelease(
      Effect.promise(
        () =>
          new Promise<{ readonly port: number; readonly close: () => void }>((resolve) => {
            const made = createServer((request, response) => {
              if (!rpc.handle(request, response)) response.writeHead(404).end()
            })
            made.listen(0, "127.0.0.1", () =>
              resolve({
                port: portOf(made.address()),
                close: () => {
                  made.close()
                  made.closeAllConnections()
                }
              })
            )
          })
      ),
      ({ close }) => Effect.sync(close)
    )
    const grpcPort = Context.get(services, GrpcServer).port
    return {
      rpc,
      grpcPort,
      grpcUrl: `http://127.0.0.1:${grpcPort}`,
      httpUrl: `http://127.0.0.1:${http.port}`,
      httpPort: http.port
    }
  })

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0

const as =
  (name: string): Interceptor =>
  (next) =>
  (request) => {
    request.header.set("authorization", `Bearer ${name}`)
    return next(request)
  }

export const protocols = ["gRPC", "gRPC-web", "Connect", "Connect JSON"] as const

export const transportOf = (
  at: { readonly grpcUrl: string; readonly httpUrl: string },
  protocol: (typeof protocols)[number],
  name = "alice"
): Transport => {
  const interceptors = [as(name)]
  switch (protocol) {
    case "gRPC":
      return createGrpcTransport({ baseUrl: at.grpcUrl, interceptors })
    case "gRPC-web":
      return createGrpcWebTransport({ baseUrl: at.httpUrl, httpVersion: "1.1", interceptors })
    case "Connect":
      return createConnectTransport({ baseUrl: at.httpUrl, httpVersion: "1.1", interceptors })
    case "Connect JSON":
      return createConnectTransport({
        baseUrl: at.httpUrl,
        httpVersion: "1.1",
        useBinaryFormat: false,
        interceptors
      })
  }
}

export const clientOf = (...given: Parameters<typeof transportOf>) =>
  createClient(MailboxService, transportOf(...given))
