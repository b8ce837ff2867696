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
const pictures = fileURLToPath(new URL("../../coverage/mail-settings", import.meta.url))

const picture = (page: Page, name: string) =>
  Effect.suspend(() => {
    mkdirSync(pictures, { recursive: true })
    return act(() => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true }))
  })

const signIn = (page: Page, base: string, way: string) =>
  Effect.gen(function* () {
    yield* act(() => page.goto(`${base}/sign-in?return=${way}`))
    yield* act(() => page.keyboard.type("alice@demo.test"))
    yield* act(() => page.keyboard.press("Tab"))
    yield* act(() => page.keyboard.type(demoPassword))
    yield* act(() => page.keyboard.press("Enter"))
    yield* act(() => page.waitForURL(`${base}${way}`))
  })

const section = (page: Page, name: string) =>
  Effect.zipRight(
    act(() => page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name }).click()),
    act(() => page.getByRole("heading", { level: 1, name }).waitFor())
  )

const patience = 180_000

describe.skipIf(!hasChromium)("the settings of web mail (needs Debian's chromium)", () => {
  layer(WebMail.layer, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.scoped(
      "what is chosen is kept, told to the other browser at once, and there after loading anew; no section breaks a rule",
      () =>
        Effect.gen(function* () {
          const { open, base } = yield* WebMail
          const page = yield* open({ colorScheme: "light", locale: "en-GB" })
          const other = yield* open({
            colorScheme: "dark",
            locale: "en-GB",
            viewport: { width: 320, height: 640 }
          })
          yield* signIn(page, base, "/mail/settings")
          yield* signIn(other, base, "/mail/settings/reading")
          yield* seen(page, "What is chosen here holds in every browser")
          yield* seen(other, "Distance between the rows of a list")
          yield* assertClean(page)
          yield* picture(page, "general")

          yield* section(page, "Reading")
          yield* act(() => page.getByLabel("Compact").check())
          yield* seen(page, "Saved")
          yield* act(() => other.getByRole("radio", { name: "Compact", checked: true }).waitFor())
          yield* assertClean(page)
          yield* assertClean(other)
          assert.strictEqual(yield* overflow(other), 0)
          yield* picture(other, "reading-phone-dark")

          yield* section(page, "Writing")
          yield* act(() => page.getByRole("button", { name: "New signature" }).click())
          yield* act(() => page.getByLabel("Text", { exact: true }).fill("Alice <Example>\nDemo & Sons"))
          yield* act(() => page.getByLabel("Below new messages").selectOption({ label: "Signature 1" }))
          yield* seen(page, "Saved")
          yield* assertClean(page)
          yield* picture(page, "writing")

          yield* section(page, "Senders")
          const trusted = page.getByRole("region", { name: "Trusted senders" })
          yield* act(() => trusted.getByLabel("An address or a domain").fill("nonsense"))
          yield* act(() => trusted.getByRole("button", { name: "Add" }).click())
          yield* seen(page, "Write an address")
          yield* act(() => trusted.getByLabel("An address or a domain").fill("News.Example"))
          yield* act(() => page.keyboard.press("Enter"))
          yield* seen(page, "news.example")
          yield* assertClean(page)
          yield* picture(page, "senders")

          yield* section(page, "Phones")
          yield* seen(page, "There is none.")
          yield* assertClean(page)

          yield* section(page, "Sessions and passwords")
          yield* seen(page, "This browser")
          yield* act(() => page.getByLabel("What it is for").fill("My phone"))
          yield* act(() => page.getByRole("button", { name: "Make a password" }).click())
          yield* seen(page, "Your new password for My phone")
          yield* assertClean(page)
          yield* picture(page, "access")
          yield* act(() => page.getByRole("button", { name: "I have it" }).click())
          yield* act(() => page.getByRole("button", { name: "Take back" }).click())
          yield* assertClean(page)
          yield* act(() => page.getByRole("dialog").getByRole("button", { name: "Take back" }).click())
          yield* seen(page, "There is none.")
          yield* act(() => page.getByRole("button", { name: "Sign out everywhere else" }).click())
          yield* seen(page, "1 other browser is signed out.")
          yield* act(() => other.waitForURL(/\/sign-in/))

          yield* act(() => page.goto(`${base}/mail/settings/writing`))
          yield* act(() => page.getByLabel("Text", { exact: true }).waitFor())
          assert.strictEqual(
            yield* act(() => page.getByLabel("Text", { exact: true }).inputValue()),
            "Alice <Example>\nDemo & Sons"
          )
        }),
      patience
    )
  })
})
