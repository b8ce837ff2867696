import { request } from "node:http"
import { ConfigProvider, Context, Effect, Layer, type Scope } from "effect"
import { MailboxId, TenantId } from "../../src/domain/ids.ts"
import { Sessions, type SignedIn } from "../../src/identity/Sessions.ts"
import { Health } from "../../src/observability/health.ts"
import type { Resolve } from "../../src/outbound/checkedLookup.ts"
import { HttpServer } from "../../src/protocols/http/HttpServer.ts"
import { ImageProxy } from "../../src/protocols/owa/images/ImageProxy.ts"

const userNamed = (last: number): SignedIn => ({
  _tag: "User",
  mailboxId: MailboxId(`0190a000-0000-7000-8000-00000000000${last}`),
  tenantId: TenantId("0190a000-0000-7000-8000-0000000000ff"),
  address: `user${last}@example.test`,
  roles: ["user"],
  sessionId: `0190a000-0000-7000-8000-00000000010${last}`
})

const users = new Map([
  ["session=ann", userNamed(1)],
  ["session=bob", userNamed(2)]
])

/** Ann and Bob are signed in, nobody else. */
export const twoSessions = Layer.mock(Sessions, {
  authenticate: (cookie) => Effect.succeed(users.get(cookie ?? "") ?? null),
  used: () => Effect.void
})

export interface Answer {
  readonly code: number
  readonly headers: Record<string, unknown>
  readonly body: Buffer
  /** The connection broke before its end. */
  readonly isCut: boolean
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export const ask = (port: number, path: string, { method = "GET", headers = {}, body = "" }: Asked = {}) =>
  Effect.async<Answer>((resume) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", () => undefined)
      response.once("close", () =>
        resume(
          Effect.succeed({
            code: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
            isCut: !response.complete
          })
        )
      )
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  })

export interface Proxy {
  readonly ask: (path: string, asked?: Asked) => Effect.Effect<Answer>
  /** What the page does: the path of a picture, for Ann unless told otherwise. */
  readonly link: (url: string, cookie?: string) => Effect.Effect<string>
  /** What Ann is answered for a picture: its type and octets, or why there is none. */
  readonly picture: (url: string) => Effect.Effect<Answer>
}

export const said = ({ code, body }: Answer): string => `${code} ${body.toString("latin1").trim()}`

const localResolve: Resolve = (_name, done) => done(null, [{ address: "127.0.0.1", family: 4 }])

/** The proxy for Ann and Bob; it may call 127.0.0.1, and no other address of this machine. */
export const mountedProxy = (
  resolve: Resolve = localResolve,
  settings: Readonly<Record<string, string>> = {}
): Effect.Effect<ImageProxy["Type"], never, Scope.Scope> =>
  Layer.build(ImageProxy.layer(resolve).pipe(Layer.provide(twoSessions))).pipe(
    Effect.withConfigProvider(
      ConfigProvider.fromMap(
        new Map(Object.entries({ POSTROOM_IMAGE_ALLOWED_NETWORKS: "127.0.0.1", ...settings }))
      )
    ),
    Effect.map((built) => Context.get(built, ImageProxy)),
    Effect.orDie
  )

/** An HTTP server with the proxy alone. */
export const imageProxy = (
  resolve?: Resolve,
  settings?: Readonly<Record<string, string>>
): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { handle } = yield* mountedProxy(resolve, settings)
    const server = HttpServer.layer({
      host: "127.0.0.1",
      httpPort: 0,
      httpsPort: 0,
      tls: null,
      mounts: [handle]
    }).pipe(Layer.provide(Health.layer))
    const { httpPort } = Context.get(yield* Layer.build(server), HttpServer)
    const asked: Proxy["ask"] = (path, options) => ask(httpPort, path, options)
    const link = (url: string, cookie = "session=ann") =>
      Effect.map(
        asked("/owa/images/", {
          method: "POST",
          headers: { cookie, "content-type": "application/json" },
          body: JSON.stringify([url])
        }),
        ({ body }) => String(JSON.parse(body.toString("utf8"))[0])
      )
    const picture = (url: string) =>
      Effect.flatMap(link(url), (path) => asked(path, { headers: { cookie: "session=ann" } }))
    return { ask: asked, link, picture }
  }).pipe(Effect.orDie)
