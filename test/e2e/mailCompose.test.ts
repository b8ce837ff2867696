import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { axeFindings, complaintsOf, hasChromium, seen } from "../support/browser.ts"
import { act, overflow } from "../support/console.ts"
import { demoPassword } from "../support/platform.ts"
import { WebMail } from "../support/webMail.ts"

/** What the tests saw, to be looked at. */
const pictures = fileURLToPath(new URL("../../coverage/mail-compose", import.meta.url))

const picture = (page: Page, name: string) =>
  Effect.suspend(() => {
    mkdirSync(pictures, { recursive: true })
    return act(() => page.screenshot({ path: join(pictures, `${name}.png`) }))
  })

const signIn = (page: Page, base: string, name: string) =>
  Effect.gen(function* () {
    yield* act(() => page.goto(`${base}/sign-in?return=/mail`))
    yield* act(() => page.keyboard.type(`${name}@demo.test`))
    yield* act(() => page.keyboard.press("Tab"))
    yield* act(() => page.keyboard.type(demoPassword))
    yield* act(() => page.keyboard.press("Enter"))
    yield* act(() => page.getByRole("main").waitFor())
  })

const patience = 180_000

/** In the windows of writing; what is around them has tests of its own. */
const assertClean = (page: Page) =>
  Effect.gen(function* () {
    const findings = yield* axeFindings(page)
    assert.deepStrictEqual(
      findings.filter((finding) => finding.includes("compose")),
      []
    )
    // The test's own script goes into every frame, and those of messages run none.
    const complaints = complaintsOf(page)
    assert.deepStrictEqual(complaints, [])
  })

const pasteHtml = `{
  const clipboardData = new DataTransfer()
  clipboardData.setData("text/html", '<p><i>slanted</i> <span style="color: #b3261e">red</span><img src=x onerror=alert(1)>')
  document.querySelector(".compose-editor").dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
}`

const editor = (page: Page) => page.getByRole("textbox", { name: "Message" })
const newMessage = (page: Page) => page.getByRole("button", { name: "New mail", exact: true })

describe.skipIf(!hasChromium)("writing mail in a browser (needs Debian's chromium)", () => {
  layer(WebMail.layerWith({ POSTROOM_OWA_SEND_HOLD: "4 seconds" }), {
    excludeTestServices: true,
    timeout: "2 minutes"
  })((it) => {
    it.scoped(
      "is saved as one writes, found again after loading anew, sent once, and answered with what it says",
      () =>
        Effect.gen(function* () {
          const { open, base } = yield* WebMail
          const page = yield* open({ colorScheme: "light", locale: "en-GB" })
          yield* signIn(page, base, "alice")
          yield* act(() => newMessage(page).click())
          yield* act(() => page.getByRole("combobox", { name: "To" }).fill("bob@demo.test"))
          yield* act(() => page.keyboard.press("Enter"))
          yield* act(() => page.getByLabel("Subject").fill("A plan"))
          yield* act(() => editor(page).click())
          yield* act(() => page.keyboard.press("Control+b"))
          yield* act(() => page.keyboard.type("Bold words"))
          yield* act(() => page.evaluate(pasteHtml))
          const pasted = yield* act(() => editor(page).innerHTML())
          assert.match(pasted, /<em>slanted<\/em> <span style="color: rgb\(179, 38, 30\);">red<\/span>/)
          assert.notInclude(pasted, "onerror")
          yield* act(() =>
            page.locator("input[type=file]").setInputFiles({
              name: "plan.txt",
              mimeType: "text/plain",
              buffer: Buffer.from("the plan")
            })
          )
          yield* seen(page, /^Saved/)
          yield* seen(page, "plan.txt")
          yield* assertClean(page)
          yield* picture(page, "light")

          yield* act(() => page.reload())
          yield* act(() => editor(page).waitFor())
          assert.include(yield* act(() => editor(page).innerHTML()), "<strong>Bold words</strong>")
          yield* seen(page, "plan.txt")
          yield* act(() => editor(page).click())
          yield* act(() => page.keyboard.press("Control+Enter"))
          // Taken back, it is a draft again, with all that was in it.
          yield* act(() => page.locator(".send-notice").getByRole("button", { name: "Undo" }).click())
          yield* seen(page, "plan.txt")
          assert.include(yield* act(() => editor(page).innerHTML()), "<strong>Bold words</strong>")
          yield* act(() => editor(page).click())
          yield* act(() => page.keyboard.press("Control+Enter"))
          yield* seen(page, "Sent.")

          const other = yield* open({
            colorScheme: "dark",
            locale: "en-GB",
            viewport: { width: 390, height: 780 }
          })
          yield* signIn(other, base, "bob")
          yield* seen(other, "A plan")
          yield* act(() => other.getByText("A plan").first().click())
          yield* act(() => other.getByRole("button", { name: "Reply", exact: true }).first().click())
          yield* act(() => editor(other).waitFor())
          yield* act(() => editor(other).click())
          yield* act(() => other.keyboard.type("Thanks"))
          yield* act(() => other.getByRole("button", { name: "Show quoted message" }).click())
          yield* seen(other, /^Saved/)
          assert.strictEqual(yield* act(() => other.getByLabel("Subject").inputValue()), "Re: A plan")
          assert.strictEqual(yield* overflow(other), 0)
          yield* assertClean(other)
          yield* picture(other, "phone-dark")
        }),
      patience
    )
  })
})
