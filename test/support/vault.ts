import { createServer } from "node:http"
import { Effect, type Scope } from "effect"

/** A Vault as far as we ask one: a KV store of version 2 for one token. */
export interface VaultTwin {
  readonly address: string
  readonly token: string
  /** What a path holds, e.g. `secret/data/postroom`; without data it was deleted. */
  readonly put: (path: string, data: Readonly<Record<string, unknown>> | null) => void
  /** Answers with this from now on, whatever it is asked; null = as it should. `hang` = not at all. */
  readonly fail: (how: number | "hang" | null) => void
  /** What was asked so far. */
  readonly asked: ReadonlyArray<string>
}

export const vaultTwin: Effect.Effect<VaultTwin, never, Scope.Scope> = Effect.gen(function* () {
  const token = "hvs.the-token"
  const held = new Map<string, Readonly<Record<string, unknown>> | null>()
  const asked: Array<string> = []
  let failing: number | "hang" | null = null
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (failing === "hang") return
    const answer = (code: number, body: unknown) => {
      response.writeHead(code, {
        "content-type": "application/json",
        ...(code === 307 ? { location: "/elsewhere" } : {})
      })
      response.end(JSON.stringify(body))
    }
    if (failing !== null) return answer(failing, { errors: [] })
    if (request.headers["x-vault-token"] !== token) return answer(403, { errors: ["permission denied"] })
    const data = held.get(request.url?.replace(/^\/v1\//, "") ?? "")
    if (data === undefined) return answer(404, { errors: [] })
    const metadata = {
      version: 1,
      destroyed: false,
      deletion_time: data === null ? "2026-01-01T00:00:00Z" : ""
    }
    return answer(data === null ? 404 : 200, { lease_duration: 0, data: { data, metadata } })
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    address: `http://127.0.0.1:${port}`,
    token,
    put: (path, data) => void held.set(path, data),
    fail: (how) => {
      failing = how
    },
    asked
  }
})
