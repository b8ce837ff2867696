import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { awaited } from "./awaited.ts"
import { axeFindings, complaintsOf, type OpenWindow } from "./browser.ts"

/** What the tests saw, to be looked at. */
const pictures = fileURLToPath(new URL("../../coverage/console", import.meta.url))

export interface Visit {
  readonly path?: string
  readonly theme?: "light" | "dark"
  readonly language?: string
  readonly width?: number
}

/** What one does in a window. */
export const act = <A>(what: () => Promise<A>): Effect.Effect<A> =>
  awaited("the browser", Effect.promise(what))

/** A window on the console of the server at `base`, before anybody has signed in. */
export const visit = (
  { open, base }: { readonly open: OpenWindow; readonly base: string },
  { path = "/console", theme = "light", language = "en", width = 1280 }: Visit = {}
) =>
  Effect.gen(function* () {
    const page = yield* open({ viewport: { width, height: 800 } })
    yield* act(() => page.goto(`${base}${path}?theme=${theme}&language=${language}`))
    return page
  })

export const tokenField = (page: Page) => page.locator("input[type=password]")

export const signIn = (page: Page, token: string) =>
  Effect.gen(function* () {
    yield* act(() => tokenField(page).fill(token))
    yield* act(() => page.keyboard.press("Enter"))
    yield* act(() => page.locator("main.console").waitFor())
  })

/** Another page of the console, as its tabs show it. */
export const turnTo = (page: Page, path: string) =>
  Effect.gen(function* () {
    const go = `history.pushState(null, "", "${path}"); dispatchEvent(new PopStateEvent("popstate"))`
    yield* act(() => page.evaluate(go))
    yield* act(() => page.locator("main.console h2").first().waitFor())
  })

/** Nothing that axe finds, and nothing that the browser complained of. */
export const assertClean = (page: Page) =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* axeFindings(page), [])
    assert.deepStrictEqual(complaintsOf(page), [])
  })

/** By how many pixels the page is wider than its window. */
export const overflow = (page: Page) =>
  act(() => page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

/** Of the whole page, or of the window alone, for what lies over the page. */
export const picture = (page: Page, name: string, of: "page" | "window" = "page") =>
  Effect.suspend(() => {
    mkdirSync(pictures, { recursive: true })
    return act(() => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: of === "page" }))
  })
