import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import axe from "axe-core"
import { Effect, Schema, type Scope } from "effect"
import { type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { awaited } from "./awaited.ts"

const program = "/usr/bin/chromium"
export const hasChromium = existsSync(program)

const root = fileURLToPath(new URL("../..", import.meta.url))

/** What a page said that it should not have: errors, refusals of the content security policy. */
const complaints = new WeakMap<Page, Array<string>>()

/** The pages in dist/web as they are in web/ now. */
export const buildPages = Effect.sync(() => {
  execFileSync(process.execPath, ["-e", "process.exit(require('./scripts/setup.cjs').build() ? 0 : 1)"], {
    cwd: root,
    stdio: "pipe"
  })
})

/** Windows share nothing with each other, and end with the scope. */
export type OpenWindow = (options: BrowserContextOptions) => Effect.Effect<Page, never, Scope.Scope>

export const openBrowser: Effect.Effect<OpenWindow, never, Scope.Scope> = Effect.gen(function* () {
  const browser = yield* Effect.acquireRelease(
    // Its own sandbox cannot be had in a container, where we are root.
    Effect.promise(() => chromium.launch({ executablePath: program, args: ["--no-sandbox"] })),
    (running) => Effect.promise(() => running.close())
  )
  return (options) =>
    Effect.gen(function* () {
      const context = yield* Effect.acquireRelease(
        Effect.promise(() => browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })),
        (opened) => Effect.promise(() => opened.close())
      )
      yield* Effect.promise(() => context.addInitScript({ content: axe.source }))
      const page = yield* Effect.promise(() => context.newPage())
      const said: Array<string> = []
      complaints.set(page, said)
      page.on("pageerror", ({ message }) => said.push(message))
      page.on("console", (message) => {
        // A server that is away, or refuses, is told of by the browser itself, whatever the page does; and that axe, which
        // every frame is given, may not run in a message's.
        if (
          message.type() === "error" &&
          !/ERR_CONNECTION|Failed to load resource|WebSocket connection to|Blocked script execution in '[^']*\/assets\/frame-/.test(
            message.text()
          )
        )
          said.push(message.text())
      })
      return page
    })
})

export const complaintsOf = (page: Page): ReadonlyArray<string> => complaints.get(page) ?? []

const AxeReport = Schema.Struct({
  violations: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      help: Schema.String,
      nodes: Schema.Array(
        Schema.Struct({ html: Schema.String, failureSummary: Schema.optional(Schema.String) })
      )
    })
  )
})

/** What fades in is half transparent, and its colours are not yet what they will be. */
const settled = `Promise.allSettled(
  document.getAnimations().filter(({ effect }) => effect.getTiming().iterations !== Infinity).map(({ finished }) => finished)
).then(() => undefined)`

/**
 * Everything that axe finds against WCAG 2.2 AA and good practice. Only the ends of the components' tab order are left
 * out: hidden elements that hand the focus on as soon as they have it.
 */
export const axeFindings = (page: Page): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    yield* Effect.promise(() => page.evaluate(settled))
    const report = yield* Effect.promise(() =>
      page.evaluate('axe.run({ exclude: ["[data-tabster-dummy]"] })')
    )
    const { violations } = yield* Effect.orDie(Schema.decodeUnknown(AxeReport)(report))
    return violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`
    )
  })

/** Waits until the text can be seen, once at least. */
export const seen = (page: Page, text: string | RegExp): Effect.Effect<void> =>
  awaited(
    `"${text}" on the page`,
    Effect.promise(() => page.getByText(text).first().waitFor({ state: "visible", timeout: 0 })),
    Effect.promise(() => page.locator("body").textContent())
  )
