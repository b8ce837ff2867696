import { mkdirSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { Health } from "../../../src/observability/health.ts"
import { HttpServer } from "../../../src/protocols/http/HttpServer.ts"
import { Pages } from "../../../src/protocols/http/Pages.ts"
import { temporaryFolder } from "../../support/platform.ts"

const html = '<meta property="csp-nonce" nonce="{{nonce}}" />'

const built = Effect.map(temporaryFolder, (folder) => {
  mkdirSync(join(folder, "assets"), { recursive: true })
  mkdirSync(join(folder, ".vite"))
  writeFileSync(join(folder, "index.html"), html)
  writeFileSync(join(folder, "favicon.svg"), "<svg/>")
  writeFileSync(join(folder, "mail-worker.js"), "a worker")
  writeFileSync(join(folder, "mail.webmanifest"), "{}")
  writeFileSync(join(folder, "icon-192.png"), "a picture")
  writeFileSync(join(folder, ".vite", "manifest.json"), "{}")
  writeFileSync(join(folder, "assets", "main-abc.js"), "plain")
  writeFileSync(join(folder, "assets", "main-abc.js.br"), "as br")
  writeFileSync(join(folder, "assets", "frame-abc.html"), "<body></body>")
  writeFileSync(join(folder, "assets", "main-abc.js.gz"), "as gzip")
  writeFileSync(join(folder, "..", "secret.js"), "secret")
  return folder
})

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The path goes out as it is written, dots and all. */
const ask = (port: number, path: string, { method = "GET", headers = {} }: Asked = {}) =>
  Effect.async<{ readonly code: number; readonly headers: Record<string, unknown>; readonly body: string }>(
    (resume) => {
      const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
        let body = ""
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk
        })
        response.once("end", () =>
          resume(Effect.succeed({ code: response.statusCode ?? 0, headers: response.headers, body }))
        )
      })
      sent.end()
    }
  )

const serving = (folder: string) =>
  Effect.gen(function* () {
    const { handle } = Context.get(yield* Layer.build(Pages.layer(folder)), Pages)
    const server = HttpServer.layer({
      host: "127.0.0.1",
      httpPort: 0,
      httpsPort: 0,
      tls: null,
      mounts: [handle]
    }).pipe(Layer.provide(Health.layer))
    const { httpPort } = Context.get(yield* Layer.build(server), HttpServer)
    return (path: string, asked?: Asked) => ask(httpPort, path, asked)
  })

const pages = Effect.flatMap(built, serving)

describe("Pages", () => {
  it.scopedLive("every address of a page gets the same document, with a nonce of its own each time", () =>
    Effect.gen(function* () {
      const get = yield* pages
      const nonces = new Set<string | undefined>()
      for (const path of [
        "/console",
        "/console/dead-letters",
        "/console?language=de",
        "/mail",
        "/mail/settings"
      ]) {
        const { code, headers, body } = yield* get(path)
        assert.strictEqual(code, 200, path)
        const nonce = /nonce="([\w-]{22})"/.exec(body)?.[1]
        nonces.add(nonce)
        const policy = String(headers["content-security-policy"])
        assert.include(policy, `'nonce-${nonce}'`)
        assert.notInclude(policy, "unsafe")
        assert.include(policy, "frame-ancestors 'none'")
        assert.include(policy, "img-src 'self' blob:;")
        assert.include(policy, "worker-src 'self';")
        assert.include(policy, "trusted-types dompurify postroom-worker")
        assert.strictEqual(headers["cache-control"], "no-store")
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
      }
      assert.strictEqual(nonces.size, 5)
      assert.strictEqual((yield* get("/")).headers["location"], "/mail")
    })
  )

  it.scopedLive(
    "what is named after its content is kept for ever, in the best coding that the browser takes",
    () =>
      Effect.gen(function* () {
        const get = yield* pages
        const as = (encoding: string) =>
          Effect.map(
            get("/assets/main-abc.js", { headers: { "accept-encoding": encoding } }),
            ({ body }) => body
          )
        assert.strictEqual(yield* as("gzip, deflate, br, zstd"), "as br")
        assert.strictEqual(yield* as("gzip;q=1.0, br;q=0"), "as gzip")
        assert.strictEqual(yield* as("identity"), "plain")
        const { headers } = yield* get("/assets/main-abc.js", { headers: { "accept-encoding": "BR" } })
        assert.deepInclude(headers, {
          "cache-control": "public, max-age=31536000, immutable",
          "content-encoding": "br",
          "content-type": "text/javascript; charset=utf-8",
          vary: "accept-encoding"
        })
      })
  )

  it.scopedLive("what is not named after its content is asked for again, and answered in a word", () =>
    Effect.gen(function* () {
      const get = yield* pages
      const first = yield* get("/favicon.svg")
      assert.deepInclude(first, { code: 200, body: "<svg/>" })
      assert.strictEqual(first.headers["cache-control"], "no-cache")
      const again = yield* get("/favicon.svg", {
        headers: { "if-none-match": String(first.headers["etag"]) }
      })
      assert.deepInclude(again, { code: 304, body: "" })
    })
  )

  it.scopedLive(
    "what makes the page one to install is asked for again each time: an old worker would stay",
    () =>
      Effect.gen(function* () {
        const get = yield* pages
        for (const [path, type] of [
          ["/mail-worker.js", "text/javascript; charset=utf-8"],
          ["/mail.webmanifest", "application/manifest+json"],
          ["/icon-192.png", "image/png"]
        ] as const) {
          const { code, headers } = yield* get(path)
          assert.strictEqual(code, 200, path)
          assert.deepInclude(headers, { "cache-control": "no-cache", "content-type": type })
        }
      })
  )

  it.scopedLive("what messages are put into can run nothing and fetch nothing", () =>
    Effect.gen(function* () {
      const get = yield* pages
      const { code, headers } = yield* get("/assets/frame-abc.html")
      assert.strictEqual(code, 200)
      const policy = String(headers["content-security-policy"]).split("; ")
      assert.includeMembers(policy, ["default-src 'none'", "frame-ancestors 'self'", "img-src blob: data:"])
      assert.notInclude(policy.find((rule) => rule.startsWith("sandbox")) ?? "allow-scripts", "allow-scripts")
      assert.strictEqual(headers["x-dns-prefetch-control"], "off")
    })
  )

  it.scopedLive("no address leads out of the folder, or to what is there for the build", () =>
    Effect.gen(function* () {
      const get = yield* pages
      for (const path of [
        "/../secret.js",
        "/assets/../../secret.js",
        "/assets/%2e%2e/%2e%2e/secret.js",
        "/assets/..%2f..%2fsecret.js",
        "/assets\\..\\..\\secret.js",
        "//secret.js",
        "/assets",
        "/assets/",
        "/assets/main-abc.js.br",
        "/.vite/manifest.json",
        "/index.html",
        "/assets/main-abc.js\0",
        "/consoles"
      ]) {
        assert.strictEqual((yield* get(encodeURI(path).replaceAll("%25", "%"))).code, 404, path)
      }
    })
  )

  it.scopedLive("takes GET and HEAD alone", () =>
    Effect.gen(function* () {
      const get = yield* pages
      assert.deepInclude(yield* get("/console", { method: "POST" }), { code: 405 })
      assert.deepInclude(yield* get("/console", { method: "HEAD" }), { code: 200, body: "" })
      assert.deepInclude(yield* get("/favicon.svg", { method: "HEAD" }), { code: 200, body: "" })
    })
  )

  it.scopedLive("where no pages were built there are none, and nothing else is missing", () =>
    Effect.gen(function* () {
      const get = yield* serving(join(yield* temporaryFolder, "nowhere"))
      assert.strictEqual((yield* get("/console")).code, 404)
      assert.strictEqual((yield* get("/healthz")).code, 200)
    })
  )
})
