import { ConnectError } from "@connectrpc/connect"
import { Effect, Layer, Redacted } from "effect"
import { type CoreError, Unavailable } from "../domain/errors.ts"
import { Expunger } from "../pipeline/retention/Expunger.ts"
import { makeRpcClient } from "./client.ts"

/** The mailboxes of another process, over gRPC. `token`: what `worker-retention` signs in with there. */
export const layer = ({
  server,
  token
}: {
  /** `host:port` */
  readonly server: string
  readonly token: Redacted.Redacted
}): Layer.Layer<Expunger> =>
  Layer.scoped(
    Expunger,
    Effect.map(
      makeRpcClient({
        baseUrl: `http://${server}`,
        protocol: "grpc",
        authorization: Redacted.make(`Bearer ${Redacted.value(token)}`)
      }),
      ({ mailbox, call }) =>
        Expunger.of({
          expunge: ({ mailboxId, folderId, messageIds, correlationId }) => {
            const request = { mailboxId, folderId: BigInt(folderId), messageIds: messageIds.map(BigInt) }
            const headers = { "X-Correlation-Id": correlationId }
            return call((signal) => mailbox.expungeMessages(request, { signal, headers })).pipe(
              Effect.map(({ missing }) => messageIds.length - missing.length),
              Effect.mapError(
                (error): CoreError =>
                  error instanceof ConnectError ? new Unavailable({ what: "mailbox", cause: error }) : error
              )
            )
          }
        })
    )
  )
