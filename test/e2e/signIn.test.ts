import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { hasChromium, seen } from "../support/browser.ts"
import { act, assertClean, overflow } from "../support/console.ts"
import { demoPassword } from "../support/platform.ts"
import { WebMail } from "../support/webMail.ts"

/** What the tests saw, to be looked at. */
const pictures = fileURLToPath(new URL("../../coverage/sign-in", import.meta.url))

const picture = (page: Page, name: string) =>
  Effect.suspend(() => {
    mkdirSync(pictures, { recursive: true })
    return act(() => page.screenshot({ path: join(pictures, `${name}.png`) }))
  })

const patience = 180_000

describe.skipIf(!hasChromium)("signing in with a browser (needs Debian's chromium)", () => {
  layer(WebMail.layer, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.scoped(
      "without a script: a wrong password, the right one, out again; clean for axe in both themes, with keys alone",
      () =>
        Effect.gen(function* () {
          const { open, base } = yield* WebMail
          const page = yield* open({ colorScheme: "light", locale: "en-GB" })
          yield* act(() => page.goto(`${base}/sign-in?return=/console`))
          yield* seen(page, "With the address and password of your mailbox.")
          yield* assertClean(page)
          yield* picture(page, "light")
          yield* act(() => page.keyboard.type("alice@demo.test"))
          yield* act(() => page.keyboard.press("Tab"))
          yield* act(() => page.keyboard.type("wrong"))
          yield* act(() => page.keyboard.press("Enter"))
          yield* seen(page, "The address or the password is wrong.")
          yield* act(() => page.emulateMedia({ colorScheme: "dark" }))
          yield* assertClean(page)
          yield* picture(page, "wrong-dark")
          yield* act(() => page.keyboard.type(demoPassword))
          yield* act(() => page.keyboard.press("Enter"))
          yield* act(() => page.waitForURL(`${base}/console**`))
          const [cookie, ...others] = yield* act(() => page.context().cookies(`${base}/`))
          assert.deepStrictEqual([cookie?.name, others.length], ["postroom-session", 0])
          assert.deepStrictEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Lax"])
          yield* act(() => page.goto(`${base}/sign-out`))
          yield* seen(page, "You are signed in as alice@demo.test.")
          yield* assertClean(page)
          yield* picture(page, "sign-out-dark")
          yield* act(() => page.getByRole("button", { name: "Sign out", exact: true }).click())
          yield* seen(page, "You are signed out")
          yield* assertClean(page)
          yield* act(() => page.getByRole("link", { name: "Sign in" }).click())
          yield* seen(page, "With the address and password of your mailbox.")
        }),
      patience
    )

    it.scoped(
      "a script of a page signs out and is told where to go on, though pages name no referrer",
      () =>
        Effect.gen(function* () {
          const { open, base } = yield* WebMail
          const page = yield* open({ locale: "en-GB" })
          yield* act(() => page.goto(`${base}/sign-in?return=/console`))
          yield* act(() => page.getByLabel("E-mail address").fill("carol@demo.test"))
          yield* act(() => page.getByLabel("Password").fill(demoPassword))
          yield* act(() => page.keyboard.press("Enter"))
          yield* act(() => page.waitForURL(`${base}/console**`))
          const answer = yield* act(() =>
            page.evaluate(
              `fetch("/sign-out", { method: "POST", headers: { accept: "application/json" } }).then((answer) => answer.json())`
            )
          )
          assert.deepStrictEqual(answer, { location: `${base}/signed-out` })
          assert.deepStrictEqual(yield* act(() => page.context().cookies(`${base}/`)), [])
        }),
      patience
    )

    it.scoped(
      "in German, with scripts turned off, on a phone and at 400 % zoom",
      () =>
        Effect.gen(function* () {
          const { open, base } = yield* WebMail
          const page = yield* open({
            locale: "de-AT",
            javaScriptEnabled: false,
            viewport: { width: 320, height: 640 }
          })
          yield* act(() => page.goto(`${base}/sign-in`))
          yield* seen(page, "Mit Adresse und Passwort Ihres Postfachs.")
          yield* picture(page, "german-phone")
          yield* act(() => page.getByLabel("E-Mail-Adresse").fill("bob@demo.test"))
          yield* act(() => page.getByLabel("Passwort").fill(demoPassword))
          yield* act(() => page.getByRole("button", { name: "Anmelden" }).click())
          // Nobody said where to: mail.
          yield* act(() => page.waitForURL(`${base}/mail`))
          yield* act(() => page.goto(`${base}/sign-out`))
          yield* seen(page, "Sie sind angemeldet als bob@demo.test.")
          const narrow = yield* open({ locale: "de", viewport: { width: 320, height: 640 } })
          yield* act(() => narrow.goto(`${base}/sign-in`))
          assert.strictEqual(yield* overflow(narrow), 0)
          yield* assertClean(narrow)
        }),
      patience
    )
  })
})
