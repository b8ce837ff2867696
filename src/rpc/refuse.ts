import type { IncomingHttpHeaders, ServerResponse } from "node:http"
import type { Http2ServerResponse } from "node:http2"
import { Code, type ConnectError } from "@connectrpc/connect"
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect"
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc"

export type RpcResponse = ServerResponse | Http2ServerResponse

const challenge = { "www-authenticate": 'Bearer realm="postroom", Basic realm="postroom"' }

/**
 * Answers a call before its request is read, in the caller's protocol: gRPC and gRPC-web with a response of trailers
 * only (gRPC over HTTP/2, "Responses"), Connect with an error body and its HTTP status.
 */
export const refuse = (headers: IncomingHttpHeaders, response: RpcResponse, error: ConnectError): void => {
  if (response.headersSent) return
  const contentType = headers["content-type"] ?? ""
  if (contentType.startsWith("application/grpc")) {
    const trailers = Object.fromEntries(setTrailerStatus(new Headers(), error))
    response.writeHead(200, { "content-type": contentType, ...trailers })
    response.end()
    return
  }
  response.writeHead(codeToHttpStatus(error.code), {
    "content-type": "application/json",
    ...(error.code === Code.Unauthenticated ? challenge : {})
  })
  response.end(errorToJsonBytes(error, {}))
}
