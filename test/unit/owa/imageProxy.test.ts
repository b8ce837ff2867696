import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Queue } from "effect"
import { awaited } from "../../support/awaited.ts"
import { imageProxy, said } from "../../support/imageProxy.ts"
import { webhookServer } from "../../support/webhookServer.ts"

const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(64, 7)])

/** A server of pictures, and of whatever else. */
const pictures = (body: Buffer = png, headers: Readonly<Record<string, string>> = {}, host = "127.0.0.1") =>
  webhookServer((response) => response.writeHead(200, headers).end(body), host)

describe("a remote picture", () => {
  it.scopedLive("comes as what it is, whatever its server calls it, and its server learns nothing", () =>
    Effect.gen(function* () {
      const server = yield* pictures(png, {
        "content-type": "text/html",
        "set-cookie": "a=b",
        "x-frame": "1"
      })
      const proxy = yield* imageProxy()
      const path = yield* proxy.link(`http://pictures.test:${server.port}/a.png?who=ann#part`)
      const { code, headers, body } = yield* proxy.ask(path, {
        headers: { cookie: "session=ann", referer: "http://mail.test/", "accept-language": "de" }
      })
      assert.strictEqual(code, 200)
      assert.deepStrictEqual(body, png)
      assert.deepInclude(headers, {
        "cache-control": "private, max-age=3600, immutable",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-type": "image/png",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff"
      })
      assert.notProperty(headers, "set-cookie")
      assert.notProperty(headers, "x-frame")
      const asked = yield* Queue.take(server.received)
      assert.strictEqual(asked.path, "/a.png?who=ann")
      assert.sameMembers(Object.keys(asked.headers), [
        "accept",
        "accept-encoding",
        "connection",
        "host",
        "user-agent"
      ])
    })
  )

  it.scopedLive("has the same address within the hour, so that it is fetched once", () =>
    Effect.gen(function* () {
      const proxy = yield* imageProxy()
      assert.strictEqual(yield* proxy.link("http://a.test/1"), yield* proxy.link("http://a.test/1"))
    })
  )

  it.scopedLive("is for the user whose page asked, signed in and on our own page", () =>
    Effect.gen(function* () {
      const server = yield* pictures()
      const proxy = yield* imageProxy()
      const path = yield* proxy.link(`http://pictures.test:${server.port}/`)
      const other = Buffer.from(`http://other.test:${server.port}/`).toString("base64url")
      const forged = path.replace(/[^/]+$/, other)
      const later = path.replace(/\/(\d+)\//, (_all, at: string) => `/${Number(at) + 3600}/`)
      const ann = { cookie: "session=ann" }
      for (const [asked, headers, expected] of [
        [path, {}, "401 not-signed-in"],
        [path, { cookie: "session=eve" }, "401 not-signed-in"],
        [path, { cookie: "session=bob" }, "403 wrong-link"],
        [path, { ...ann, "sec-fetch-site": "cross-site" }, "403 cross-site"],
        [path, { ...ann, "sec-fetch-site": "same-site" }, "403 cross-site"],
        [forged, ann, "403 wrong-link"],
        [later, ann, "403 wrong-link"],
        [`${path}/x`, ann, "403 wrong-link"],
        ["/owa/images/?url=http://a.test/", ann, "403 wrong-link"],
        ["/owa/images/%00", ann, "403 wrong-link"]
      ] as const) {
        assert.strictEqual(said(yield* proxy.ask(asked, { headers })), expected, asked)
      }
      assert.strictEqual(yield* Queue.size(server.received), 0)
    })
  )

  it.scopedLive("is not asked for at addresses that are none of a picture", () =>
    Effect.gen(function* () {
      const proxy = yield* imageProxy()
      for (const url of [
        "file:///etc/passwd",
        "ftp://a.test/",
        "javascript:alert(1)",
        "//a.test/x",
        "http://user:secret@a.test/",
        "http://a.test:25/",
        `http://a.test/${"x".repeat(5000)}`
      ]) {
        assert.strictEqual(yield* proxy.link(url), "null", url)
      }
      const headers = { cookie: "session=ann", "content-type": "application/json" }
      for (const body of [
        "",
        "{}",
        "[1]",
        JSON.stringify(Array(1001).fill("x")),
        `["${"x".repeat(2_000_000)}"]`
      ]) {
        const answer = yield* proxy.ask("/owa/images/", { method: "POST", headers, body })
        assert.strictEqual(said(answer), "400 wrong-request")
      }
      const simple = { cookie: "session=ann", "content-type": "text/plain" }
      const asSimple = yield* proxy.ask("/owa/images/", { method: "POST", headers: simple, body: "[]" })
      assert.strictEqual(said(asSimple), "400 wrong-request")
      assert.strictEqual((yield* proxy.ask("/owa/images/", { method: "PUT" })).code, 400)
    })
  )
})

describe("a remote picture at an address that is not public", () => {
  for (const host of [
    "127.0.0.2",
    "2130706434",
    "0x7f.2",
    "[::ffff:127.0.0.2]",
    "[64:ff9b::7f00:2]",
    "0.0.0.0"
  ]) {
    it.scopedLive(`is not fetched: ${host}`, () =>
      Effect.gen(function* () {
        const inside = yield* pictures(png, {}, "127.0.0.2")
        const proxy = yield* imageProxy()
        assert.strictEqual(
          said(yield* proxy.picture(`http://${host}:${inside.port}/`)),
          "403 address-not-public"
        )
        assert.strictEqual(yield* Queue.size(inside.received), 0)
      })
    )
  }

  it.scopedLive("is not fetched where a name means one, at first or when it is asked again", () =>
    Effect.gen(function* () {
      const outside = yield* pictures()
      const inside = yield* pictures(png, {}, "127.0.0.2")
      const asked: Array<string> = []
      const proxy = yield* imageProxy((name, done) => {
        asked.push(name)
        // Public for whoever checks first, and inside for who connects later.
        done(null, [{ address: asked.length === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }])
      })
      const url = `http://rebind.test:${outside.port}/`
      assert.strictEqual((yield* proxy.picture(url)).code, 200)
      assert.lengthOf(asked, 1)
      const again = yield* proxy.picture(`http://rebind.test:${inside.port}/`)
      assert.strictEqual(said(again), "403 address-not-public")
      assert.strictEqual(yield* Queue.size(inside.received), 0)
    })
  )

  it.scopedLive("is not fetched where a redirect leads there", () =>
    Effect.gen(function* () {
      const inside = yield* pictures(png, {}, "127.0.0.2")
      for (const [location, expected] of [
        [`http://127.0.0.2:${inside.port}/`, "403 address-not-public"],
        [`//127.0.0.2:${inside.port}/`, "403 address-not-public"],
        ["file:///etc/passwd", "502 wrong-redirect"],
        ["http://a.test:22/", "502 wrong-redirect"],
        ["http://[", "502 wrong-redirect"]
      ] as const) {
        const outside = yield* webhookServer((response) => response.writeHead(302, { location }).end())
        const proxy = yield* imageProxy()
        assert.strictEqual(
          said(yield* proxy.picture(`http://pictures.test:${outside.port}/`)),
          expected,
          location
        )
      }
      assert.strictEqual(yield* Queue.size(inside.received), 0)
    })
  )
})

describe("a server of pictures that means harm", () => {
  const refusedBecause = (
    reason: string,
    serve: Parameters<typeof webhookServer>[0],
    settings: Readonly<Record<string, string>> = {}
  ) =>
    Effect.gen(function* () {
      const server = yield* webhookServer(serve)
      const proxy = yield* imageProxy(undefined, settings)
      const answer = yield* awaited(reason, proxy.picture(`http://pictures.test:${server.port}/`))
      assert.strictEqual(said(answer), reason)
      return server
    })

  it.scopedLive("redirects for ever", () =>
    Effect.gen(function* () {
      const server = yield* refusedBecause("502 too-many-redirects", (response, { path }) =>
        response.writeHead(301, { location: `${path}x` }).end()
      )
      assert.strictEqual(yield* Queue.size(server.received), 6)
    })
  )

  it.scopedLive("never answers, or answers an octet at a time", () =>
    Effect.gen(function* () {
      const settings = { POSTROOM_IMAGE_TIMEOUT: "300 millis" }
      yield* refusedBecause("504 too-slow", () => undefined, settings)
      yield* refusedBecause(
        "504 too-slow",
        (response) => {
          response.writeHead(200)
          const drip = setInterval(() => response.write("G"), 100)
          response.once("close", () => clearInterval(drip))
        },
        settings
      )
    })
  )

  it.scopedLive("says that it sends a gigabyte", () =>
    refusedBecause("502 too-large", (response) => {
      response.writeHead(200, { "content-length": String(1024 ** 3) })
      response.write(png)
    })
  )

  it.scopedLive("sends a gigabyte without saying so: the answer is cut at the limit", () =>
    Effect.gen(function* () {
      const block = Buffer.alloc(64 * 1024)
      let sent = 0
      const server = yield* webhookServer((response) => {
        response.writeHead(200)
        response.write(png)
        const more = () => {
          if (response.destroyed || sent >= 1024 ** 3) return
          sent += block.length
          if (response.write(block)) setImmediate(more)
          else response.once("drain", more)
        }
        more()
      })
      const proxy = yield* imageProxy(undefined, { POSTROOM_IMAGE_MAX_SIZE: "1 MiB" })
      const { isCut, body } = yield* proxy.picture(`http://pictures.test:${server.port}/`)
      assert.isTrue(isCut)
      assert.isAtMost(body.length, 1024 ** 2)
      assert.isBelow(sent, 100 * 1024 ** 2)
    })
  )

  it.scopedLive("sends a picture packed, which may be a bomb", () =>
    refusedBecause("502 compressed", (response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(1024 ** 2)))
    )
  )

  for (const [what, body] of [
    ["a page", "<html><script>alert(1)</script></html>"],
    ["an SVG", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ["XML", '<?xml version="1.0"?><svg/>'],
    ["a script", "alert(1)//GIF89a"],
    ["nothing", ""],
    ["a PDF", "%PDF-1.7 and so on"]
  ] as const) {
    it.scopedLive(`sends ${what} as image/png`, () =>
      refusedBecause("502 no-picture", (response) =>
        response.writeHead(200, { "content-type": "image/png" }).end(body)
      )
    )
  }

  it.scopedLive("answers an error, closes, or breaks off in the middle", () =>
    Effect.gen(function* () {
      yield* refusedBecause("502 no-picture-there", (response) => response.writeHead(500).end(png))
      yield* refusedBecause("502 unreachable", (response) => response.destroy())
      const server = yield* webhookServer((response) => {
        response.writeHead(200, { "content-length": "1000" })
        response.write(png, () => response.destroy())
      })
      const proxy = yield* imageProxy()
      assert.isTrue((yield* proxy.picture(`http://pictures.test:${server.port}/`)).isCut)
    })
  )

  it.scopedLive("is left when the reader leaves, and one user has so many at a time", () =>
    Effect.gen(function* () {
      const asked = yield* Queue.unbounded<void>()
      const left = yield* Deferred.make<void>()
      const server = yield* webhookServer((response) => {
        asked.unsafeOffer(undefined)
        response.once("close", () => Deferred.unsafeDone(left, Effect.void))
      })
      const proxy = yield* imageProxy(undefined, { POSTROOM_IMAGE_AT_ONCE: "1" })
      const url = `http://pictures.test:${server.port}/`
      const first = yield* Effect.fork(proxy.picture(url))
      yield* awaited("the first to be asked for", Queue.take(asked))
      const second = yield* proxy.picture(url)
      assert.strictEqual(said(second), "429 too-many-at-once")
      assert.strictEqual(second.headers["retry-after"], "1")
      yield* Fiber.interrupt(first)
      yield* awaited("the server to be left", Deferred.await(left))
      const third = yield* Effect.fork(proxy.picture(url))
      yield* awaited("the next to be asked for", Queue.take(asked))
      yield* Fiber.interrupt(third)
    })
  )
})
