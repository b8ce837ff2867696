import { type Client, createClient, type Interceptor } from "@connectrpc/connect"
import { createConnectTransport } from "@connectrpc/connect-web"
import { ClusterService } from "../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { QueueService } from "../../../src/rpc/gen/postroom/core/v1/queue_pb.ts"

/** The services that pages call, signed in with one token. */
export interface Clients {
  readonly queue: Client<typeof QueueService>
  readonly cluster: Client<typeof ClusterService>
}

/** A call that was not answered by then will not be. Streams have none. */
const answerWithinMillis = 15_000

export const makeClients = (token: string): Clients => {
  const signedIn: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`)
    return next(request)
  }
  const transport = createConnectTransport({
    baseUrl: window.location.origin,
    interceptors: [signedIn],
    defaultTimeoutMs: answerWithinMillis
  })
  return { queue: createClient(QueueService, transport), cluster: createClient(ClusterService, transport) }
}
