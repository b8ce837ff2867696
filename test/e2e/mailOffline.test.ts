import { cpSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { Health } from "../../src/observability/health.ts"
import { HttpServer } from "../../src/protocols/http/HttpServer.ts"
import { Pages } from "../../src/protocols/http/Pages.ts"
import { buildPages, complaintsOf, hasChromium, openBrowser, seen } from "../support/browser.ts"
import { act } from "../support/console.ts"
import { temporaryFolder } from "../support/platform.ts"

const built = fileURLToPath(new URL("../../dist/web", import.meta.url))

/** Serves the folder as it is now; 0 = any port. */
const serving = (folder: string, httpPort: number) =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (made) => Scope.close(made, Exit.void))
    const { handle } = Context.get(yield* Layer.buildWithScope(Pages.layer(folder), scope), Pages)
    const server = HttpServer.layer({
      host: "127.0.0.1",
      httpPort,
      httpsPort: 0,
      tls: null,
      mounts: [handle]
    }).pipe(Layer.provide(Health.layer))
    const { httpPort: port } = Context.get(yield* Layer.buildWithScope(server, scope), HttpServer)
    return { port, stop: Scope.close(scope, Exit.void) }
  })

const edit = (file: string, from: string | RegExp, to: string) => {
  const before = readFileSync(file, "utf8")
  const after = before.replace(from, to)
  assert.notStrictEqual(after, before, file)
  writeFileSync(file, after)
}

const isControlled = "navigator.serviceWorker.controller !== null"

describe.skipIf(!hasChromium)("web mail without a server (needs Debian's chromium)", () => {
  it.scopedLive(
    "comes all the same, and is the newest one again as soon as the server is back",
    () =>
      Effect.gen(function* () {
        yield* buildPages
        const folder = join(yield* temporaryFolder, "web")
        cpSync(built, folder, { recursive: true })
        const first = yield* serving(folder, 0)
        const page = yield* Effect.flatMap(openBrowser, (open) => open({ locale: "en-GB" }))
        const address = `http://127.0.0.1:${first.port}/mail/settings`
        yield* act(() => page.goto(address))
        yield* act(() => page.evaluate("navigator.serviceWorker.ready.then(() => undefined)"))
        yield* act(() => page.waitForFunction(isControlled))

        yield* first.stop
        yield* act(() => page.reload())
        yield* seen(page, "Back to mail")
        // What nobody opened yet is there, too.
        yield* act(() => page.getByRole("button", { name: "Back to mail" }).click())
        yield* seen(page, /^No connection\./)
        // There are no calls here at all, which a browser says by itself.
        const complaints = complaintsOf(page).filter((text) => !text.startsWith("WebSocket connection"))
        assert.deepStrictEqual(complaints, [])

        edit(join(folder, "index.html"), "<body>", '<body data-build="new">')
        edit(join(folder, "mail-worker.js"), /"postroom-[^"]+"/, '"postroom-new"')
        const second = yield* serving(folder, first.port)
        yield* act(() => page.goto(address))
        yield* act(() => page.locator("body[data-build=new]").waitFor())
        yield* act(() =>
          page.waitForFunction("caches.keys().then((names) => names.includes('postroom-new'))")
        )
        yield* second.stop
        yield* act(() => page.reload())
        yield* act(() => page.locator("body[data-build=new]").waitFor())
        yield* seen(page, "Back to mail")
      }),
    180_000
  )
})
