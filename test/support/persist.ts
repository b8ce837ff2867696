import { ConnectError } from "@connectrpc/connect"
import { Effect, Schedule } from "effect"
import { isTemporary } from "../../src/domain/errors.ts"
import type { RpcClientError } from "../../src/rpc/client.ts"

/** Asks again as long as nobody answers, or the answer is to come later; three minutes at most. */
export const persist = <A>(asked: Effect.Effect<A, RpcClientError>): Effect.Effect<A, RpcClientError> =>
  Effect.retry(asked, {
    schedule: Schedule.spaced("250 millis").pipe(Schedule.upTo("3 minutes")),
    while: (error) => error instanceof ConnectError || isTemporary(error)
  })
