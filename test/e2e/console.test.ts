import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import type { Page } from "playwright-core"
import { axeFindings, buildPages, complaintsOf, hasChromium, openBrowser, seen } from "../support/browser.ts"
import { type PlatformProcess, platformProcess } from "../support/platformProcess.ts"
import { migratedDatabase } from "../support/postgres.ts"

/** What the tests saw, to be looked at. */
const pictures = fileURLToPath(new URL("../../coverage/console", import.meta.url))

class World extends Context.Tag("test/console/World")<
  World,
  {
    readonly platform: PlatformProcess
    readonly token: string
    readonly open: Effect.Effect.Success<typeof openBrowser>
  }
>() {
  static readonly layer = Layer.scoped(
    World,
    Effect.gen(function* () {
      yield* buildPages
      mkdirSync(pictures, { recursive: true })
      const platform = yield* platformProcess({ from: "dist", database: yield* migratedDatabase })
      const token = readFileSync(join(platform.dataFolder, "secrets", "operator-token"), "utf8").trim()
      return { platform, token, open: yield* openBrowser }
    })
  )
}

interface Visit {
  readonly path?: string
  readonly theme?: "light" | "dark"
  readonly language?: string
  readonly width?: number
}

/** A window on the console, before anybody has signed in. */
const visit = ({ path = "/console", theme = "light", language = "en", width = 1280 }: Visit = {}) =>
  Effect.gen(function* () {
    const { platform, open } = yield* World
    const page = yield* open({ viewport: { width, height: 800 } })
    const base = `http://${platform.at.host}:${platform.at.http}`
    yield* act(() => page.goto(`${base}${path}?theme=${theme}&language=${language}`))
    return page
  })

const act = <A>(what: () => Promise<A>): Effect.Effect<A> => Effect.promise(what)

const field = (page: Page) => page.locator("input[type=password]")

const signIn = (page: Page) =>
  Effect.gen(function* () {
    const { token } = yield* World
    yield* act(() => field(page).fill(token))
    yield* act(() => page.keyboard.press("Enter"))
    yield* act(() => page.locator("main.console").waitFor())
  })

const signedIn = (options: Visit = {}): Effect.Effect<Page, never, World | Scope.Scope> =>
  Effect.tap(visit(options), signIn)

const clean = (page: Page) =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* axeFindings(page), [])
    assert.deepStrictEqual(complaintsOf(page), [])
  })

const overflow = (page: Page) =>
  act(() => page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

const views = ["/console/flow"]

describe.skipIf(!hasChromium)("the console in a browser (needs Debian's chromium)", () => {
  layer(World.layer, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.scoped("takes the operator's token and no other; it is in no address and ends with the tab", () =>
      Effect.gen(function* () {
        const page = yield* visit()
        yield* seen(page, "Sign in to the console")
        yield* act(() => field(page).fill("pr_not-the-token-of-anybody-at-all-0123456789ab"))
        yield* act(() => page.keyboard.press("Enter"))
        yield* seen(page, "The server does not know this token.")
        yield* signIn(page)
        yield* act(() => page.reload())
        yield* act(() => page.locator("main.console").waitFor())
        const { token } = yield* World
        assert.notInclude(page.url(), token)
        assert.notInclude(String(yield* act(() => page.evaluate("JSON.stringify(localStorage)"))), token)
        const other = yield* act(() => page.context().newPage())
        yield* act(() => other.goto(page.url()))
        yield* seen(other, "Sign in to the console")
      })
    )

    it.scoped("axe finds nothing, in either theme, before and after signing in", () =>
      Effect.gen(function* () {
        for (const theme of ["light", "dark"] as const) {
          const page = yield* visit({ theme })
          yield* seen(page, "Sign in to the console")
          yield* clean(page)
          yield* signIn(page)
          for (const path of views) {
            yield* act(() =>
              page.evaluate(
                `history.pushState(null, "", "${path}"); dispatchEvent(new PopStateEvent("popstate"))`
              )
            )
            yield* act(() => page.locator("table").first().waitFor())
            yield* clean(page)
            const name = `${path.slice("/console/".length)}-${theme}.png`
            yield* act(() => page.screenshot({ path: join(pictures, name), fullPage: true }))
          }
        }
      })
    )

    it.scoped("needs no sideways scrolling at 400 % zoom", () =>
      Effect.gen(function* () {
        const page = yield* visit({ width: 320 })
        yield* seen(page, "Sign in to the console")
        assert.strictEqual(yield* overflow(page), 0)
        yield* signIn(page)
        for (const path of views) {
          yield* act(() =>
            page.evaluate(
              `history.pushState(null, "", "${path}"); dispatchEvent(new PopStateEvent("popstate"))`
            )
          )
          yield* act(() => page.locator("table").first().waitFor())
          assert.strictEqual(yield* overflow(page), 0, path)
        }
        yield* act(() => page.screenshot({ path: join(pictures, "narrow.png"), fullPage: true }))
      })
    )

    it.scoped("speaks German, and turns round for languages that are written from right to left", () =>
      Effect.gen(function* () {
        const german = yield* signedIn({ language: "de", path: "/console/flow" })
        yield* seen(german, "Mailfluss")
        assert.strictEqual(yield* act(() => german.evaluate("document.documentElement.lang")), "de")
        yield* clean(german)
        const turned = yield* signedIn({ language: "ar-XB", path: "/console/flow" })
        yield* act(() => turned.locator("table").first().waitFor())
        const at = (selector: string) =>
          Effect.map(
            act(() => turned.locator(selector).boundingBox()),
            (box) => box?.x ?? Number.NaN
          )
        assert.isAbove(yield* at(".top-bar__name"), yield* at(".console__pulse"))
        assert.strictEqual(yield* overflow(turned), 0)
        yield* act(() => turned.screenshot({ path: join(pictures, "right-to-left.png"), fullPage: true }))
      })
    )

    it.scoped("says that the server is gone, keeps what it knew as old, and is current again by itself", () =>
      Effect.gen(function* () {
        const { platform } = yield* World
        const page = yield* signedIn({ path: "/console/flow" })
        yield* seen(page, "mail_ingest")
        yield* platform.kill("SIGTERM")
        yield* seen(page, "Disconnected")
        yield* seen(page, /The server has been out of reach since/)
        yield* seen(page, "mail_ingest")
        yield* act(() => page.screenshot({ path: join(pictures, "disconnected.png") }))
        yield* clean(page)
        yield* platform.restart()
        yield* act(() => page.getByRole("button", { name: "Try now" }).click())
        yield* act(() => page.locator(".console__pulse[data-state=live]").waitFor())
        yield* act(() =>
          page
            .getByRole("status")
            .filter({ hasText: "The connection is back" })
            .waitFor({ state: "attached" })
        )
        assert.deepStrictEqual(complaintsOf(page), [])
      })
    )
  })
})
