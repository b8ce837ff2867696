import type { IncomingHttpHeaders, ServerResponse } from "node:http"
import type { Http2ServerResponse } from "node:http2"
import { Code, type ConnectError } from "@connectrpc/connect"
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect"
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc"

export type RpcResponse = ServerResponse | Http2ServerResponse

const challenge = { "www-authenticate": 'Bearer realm="postroom", Basic realm="postroom"' }

/**
 * Answers a call before its request is read, in the caller's protocol: gRPC with its status in trailers, gRPC-web with it
 * in the header, which its clients take where no body follows, Connect with an error body and its HTTP status. (A gRPC
 * header block that also ends the stream would do for gRPC too, but node's HTTP/2 ends the stream in a frame of its own,
 * and then grpc-core looks for the status in trailers.)
 */
export const refuse = (headers: IncomingHttpHeaders, response: RpcResponse, error: ConnectError): void => {
  if (response.headersSent) return
  const contentType = headers["content-type"] ?? ""
  if (contentType.startsWith("application/grpc")) {
    const status = Object.fromEntries(setTrailerStatus(new Headers(), error))
    const isWeb = contentType.startsWith("application/grpc-web")
    response.writeHead(200, { "content-type": contentType, ...(isWeb ? status : {}) })
    if (!isWeb) response.addTrailers(status)
    response.end()
    return
  }
  response.writeHead(codeToHttpStatus(error.code), {
    "content-type": "application/json",
    ...(error.code === Code.Unauthenticated ? challenge : {})
  })
  response.end(errorToJsonBytes(error, {}))
}
