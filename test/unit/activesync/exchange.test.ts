import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Runtime } from "effect"
import { Health } from "../../../src/observability/health.ts"
import { openExchange, respond } from "../../../src/protocols/activesync/exchange.ts"
import type { Refusal, Reply } from "../../../src/protocols/activesync/replies.ts"
import { HttpServer } from "../../../src/protocols/http/HttpServer.ts"
import { ask } from "../../support/activesync/http.ts"
import { logLines } from "../../support/logLines.ts"

/** What is told, and what is logged, where this is to find the answer. */
const told = (answer: Effect.Effect<Reply, Refusal>) => {
  const { lines, layer } = logLines()
  return Effect.gen(function* () {
    const host = "127.0.0.1"
    const runFork = Runtime.runFork(yield* Effect.runtime<never>())
    const context = yield* Layer.build(
      HttpServer.layer({
        host,
        httpPort: 0,
        httpsPort: 0,
        tls: null,
        mounts: [
          (request, response) => {
            runFork(respond(openExchange(request, response), answer))
            return true
          }
        ]
      }).pipe(Layer.provide(Health.layer))
    )
    const { code, headers } = yield* ask(
      { host, port: Context.get(context, HttpServer).httpPort },
      { path: "/", headers: { "x-correlation-id": "abc" } }
    )
    return { code, retryAfter: headers["retry-after"], lines }
  }).pipe(Effect.provide(layer))
}

describe("a request that finds no answer", () => {
  it.scopedLive("by a defect is told to the operator, and may come again in a minute", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* told(Effect.dieMessage("a bug")), {
        code: 503,
        retryAfter: "60",
        lines: [{ message: "a request failed by a defect", correlation_id: "abc" }]
      })
    })
  )

  it.scopedLive("since the server stops is no defect, and may come again soon", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* told(Effect.interrupt), { code: 503, retryAfter: "5", lines: [] })
    })
  )
})
