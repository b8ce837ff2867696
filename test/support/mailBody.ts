import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Context, Effect, Layer, type Scope } from "effect"
import type { Page } from "playwright-core"
import { build } from "vite"
import { Health } from "../../src/observability/health.ts"
import { HttpServer, type Mount } from "../../src/protocols/http/HttpServer.ts"
import { Pages } from "../../src/protocols/http/Pages.ts"
import type { OpenMessage } from "../../src/protocols/owa/OwaAnswers.ts"
import { openBrowser } from "./browser.ts"
import { act } from "./console.ts"
import { temporaryFolder } from "./platform.ts"

const source = fileURLToPath(new URL("../../web/harness", import.meta.url))
/** What the tests saw, to be looked at. */
const pictures = fileURLToPath(new URL("../../coverage/mailBody", import.meta.url))

export type Content =
  | { readonly _tag: "Html"; readonly html: string }
  | { readonly _tag: "Text"; readonly text: string }
export const html = (text: string): Content => ({ _tag: "Html", html: text })
export const plain = (text: string): Content => ({ _tag: "Text", text })

/** A page with nothing but a message's body on it, served as the pages are, policy and all. */
export interface BodyWindow {
  readonly page: Page
  /** Shows a message and waits until it stands there. */
  readonly show: (content: Content, showsRemote?: boolean) => Effect.Effect<void>
  /** The same with what stands around it. */
  readonly showWhole: (content: Content, message: OpenMessage) => Effect.Effect<void>
  /** In the frame: an expression over `document` there. */
  readonly inside: (expression: string) => Effect.Effect<unknown>
  readonly picture: (name: string) => Effect.Effect<void>
  /** What happened that must not: dialogs, windows, requests for anything but the page itself. */
  readonly incidents: Array<string>
}

export interface Look {
  readonly theme?: "light" | "dark"
  readonly language?: string
  readonly width?: number
}

export type OpenBody = (look?: Look) => Effect.Effect<BodyWindow, never, Scope.Scope>

/** The harness, built once; `mounts` answer beside it. */
export const openBodies = (mounts: ReadonlyArray<Mount> = []): Effect.Effect<OpenBody, never, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    yield* Effect.promise(() =>
      build({
        root: source,
        configFile: false,
        logLevel: "error",
        build: {
          outDir: folder,
          emptyOutDir: true,
          target: "es2023",
          minify: false,
          reportCompressedSize: false,
          modulePreload: { polyfill: false },
          assetsInlineLimit: 0
        }
      })
    )
    const { handle } = Context.get(yield* Layer.build(Pages.layer(folder)), Pages)
    const server = HttpServer.layer({
      host: "127.0.0.1",
      httpPort: 0,
      httpsPort: 0,
      tls: null,
      mounts: [...mounts, handle]
    }).pipe(Layer.provide(Health.layer))
    const { httpPort } = Context.get(yield* Effect.orDie(Layer.build(server)), HttpServer)
    const base = `http://127.0.0.1:${httpPort}`
    const open = yield* openBrowser
    return ({ theme = "light", language = "en", width = 1000 } = {}) =>
      Effect.gen(function* () {
        const page = yield* open({ viewport: { width, height: 800 } })
        const incidents: Array<string> = []
        watch(page, base, incidents)
        yield* act(() => page.goto(`${base}/console?theme=${theme}&language=${language}`))
        yield* act(() => page.locator("main h1").waitFor())
        return {
          page,
          incidents,
          show: (content, showsRemote = false) =>
            act(() =>
              page.evaluate(`harness.show(${asScript(content)}, ${showsRemote})`).then(() => undefined)
            ),
          showWhole: (content, message) =>
            act(() =>
              page
                .evaluate(`harness.show(${asScript(content)}, false, ${asScript(message)})`)
                .then(() => undefined)
            ),
          inside: (expression) =>
            act(() =>
              page.evaluate(
                `((document) => (${expression}))(window.document.querySelector("iframe").contentDocument)`
              )
            ),
          picture: (name) =>
            Effect.suspend(() => {
              mkdirSync(pictures, { recursive: true })
              const path = join(pictures, `${name}.png`)
              return Effect.asVoid(act(() => page.screenshot({ path, fullPage: true })))
            })
        } satisfies BodyWindow
      })
  })

/** JSON that stands in a script as it is. */
export const asScript = (value: unknown): string => JSON.stringify(value).replace(/[\u2028\u2029]/g, " ")

/** Nothing that the page asks for itself, and nothing else, gets an answer. */
const watch = (page: Page, base: string, incidents: Array<string>) => {
  const own = new Set(["/console", "/assets/", "/owa/images/", "/owa/parts/"])
  const isOwn = (url: URL) =>
    url.origin === base &&
    [...own].some((path) => (path.endsWith("/") ? url.pathname.startsWith(path) : url.pathname === path))
  void page.context().route(
    (url) => !isOwn(url),
    (route) => {
      incidents.push(`request ${route.request().url().slice(0, 200)}`)
      return route.abort()
    }
  )
  page.on("dialog", (dialog) => {
    incidents.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.context().on("page", (opened) => incidents.push(`window ${opened.url()}`))
  page.on("framenavigated", (frame) => {
    const url = frame.url()
    // What the policy refused to load into a frame of the message's own.
    if (url !== "about:blank" && !url.startsWith("chrome-error:") && !isOwn(new URL(url)))
      incidents.push(`navigation ${url.slice(0, 200)}`)
  })
}
