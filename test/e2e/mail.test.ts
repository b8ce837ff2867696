import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { hasChromium, seen } from "../support/browser.ts"
import { act, assertClean, overflow } from "../support/console.ts"
import { line, mailPicture, send, signInTo, until, WebMail } from "../support/webMail.ts"

const patience = 180_000

describe.skipIf(!hasChromium)("the page of mail (needs Debian's chromium)", () => {
  layer(WebMail.layer, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.scoped(
      "new mail comes by itself, and keys alone read it, file it, take that back and delete it",
      () =>
        Effect.gen(function* () {
          const { open, base, platform } = yield* WebMail
          const page = yield* open({ locale: "en-GB", colorScheme: "light" })
          yield* signInTo(page, base)
          yield* seen(page, "Nothing here.")
          yield* assertClean(page)
          yield* send(
            platform.at.smtp,
            { from: "Ann <ann@world.example>", subject: "First" },
            { from: "Bob <bob@world.example>", subject: "Second" }
          )
          yield* until(page, "Second", 1)
          yield* until(page, "First", 1)
          yield* act(() => page.keyboard.press("j"))
          yield* act(() => page.keyboard.press("j"))
          yield* act(() => page.keyboard.press("o"))
          yield* act(() => page.frameLocator("iframe").getByText("About First.").waitFor())
          yield* act(() => page.getByRole("treeitem", { name: /Inbox.*1 unread/ }).waitFor())
          yield* assertClean(page)
          yield* mailPicture(page, "reading")
          yield* act(() => page.keyboard.press("e"))
          yield* seen(page, "Archived.")
          yield* until(page, "First", 0)
          yield* act(() => page.keyboard.press("z"))
          yield* until(page, "First", 1)
          yield* act(() => line(page, "First").click())
          yield* act(() => page.keyboard.press("Delete"))
          yield* until(page, "First", 0)
          yield* act(() => page.keyboard.press("g"))
          yield* act(() => page.keyboard.press("x"))
          yield* act(() => page.getByRole("heading", { level: 1, name: "Deleted Items" }).waitFor())
          yield* until(page, "First", 1)
          yield* act(() => page.keyboard.press("?"))
          yield* act(() => page.getByRole("dialog", { name: "Keys" }).waitFor())
          yield* assertClean(page)
        }),
      patience
    )

    it.scoped(
      "keys are about the line that they are on, and while one searches about what was found",
      () =>
        Effect.gen(function* () {
          const { open, base, platform } = yield* WebMail
          const page = yield* open({ locale: "en-GB" })
          yield* signInTo(page, base)
          const from = "Kay <kay@world.example>"
          yield* send(
            platform.at.smtp,
            { from, subject: "Oldest" },
            { from, subject: "Middle" },
            { from, subject: "Newest" }
          )
          for (const subject of ["Oldest", "Middle", "Newest"]) yield* until(page, subject, 1)
          yield* act(() => line(page, "Middle").click())
          yield* act(() => page.frameLocator("iframe").getByText("About Middle.").waitFor())
          yield* act(() => page.keyboard.press("ArrowDown"))
          yield* act(() => page.keyboard.press("Delete"))
          yield* until(page, "Oldest", 0)
          yield* until(page, "Middle", 1)
          yield* act(() => line(page, "Middle").getByRole("checkbox").click())
          yield* act(() => page.keyboard.press("/"))
          yield* act(() => page.keyboard.type("subject:Newest"))
          yield* act(() => page.keyboard.press("Enter"))
          yield* act(() => page.locator(".search__hits button", { hasText: "Newest" }).click())
          yield* act(() => page.frameLocator("iframe").getByText("About Newest.").waitFor())
          yield* act(() => page.keyboard.press("Delete"))
          yield* seen(page, "Deleted.")
          yield* act(() => page.getByRole("treeitem", { name: /Inbox/ }).click())
          yield* until(page, "Newest", 0)
          yield* until(page, "Middle", 1)
        }),
      patience
    )

    it.scoped(
      "two tabs show the same; a server that comes back is caught up with, and what was done meanwhile is done then",
      () =>
        Effect.gen(function* () {
          const { open, base, platform } = yield* WebMail
          const page = yield* open({ locale: "en-GB" })
          yield* signInTo(page, base, "bob")
          const other = yield* act(() => page.context().newPage())
          yield* act(() => other.goto(`${base}/mail`))
          yield* send(
            platform.at.smtp,
            { from: "Ann <ann@world.example>", subject: "Both", to: "bob@demo.test" },
            { from: "Ann <ann@world.example>", subject: "Offline", to: "bob@demo.test" }
          )
          yield* until(page, "Both", 1)
          yield* until(other, "Offline", 1)
          yield* act(() => line(page, "Both").hover())
          yield* act(() => line(page, "Both").getByRole("button", { name: "Archive" }).click())
          yield* until(other, "Both", 0)
          yield* platform.kill("SIGKILL")
          yield* act(() => line(page, "Offline").hover())
          yield* act(() => line(page, "Offline").getByRole("button", { name: "Flag" }).click())
          yield* seen(page, /One action waits/)
          yield* platform.restart()
          yield* act(() => other.getByRole("row", { name: /Flagged/ }).waitFor())
          yield* send(platform.at.smtp, {
            from: "Eve <eve@world.example>",
            subject: "After",
            to: "bob@demo.test"
          })
          yield* until(page, "After", 1)
          yield* until(other, "After", 1)
        }),
      patience
    )

    it.scoped(
      "on a phone, from right to left and in the dark nothing is cut off, and nothing breaks a rule",
      () =>
        Effect.gen(function* () {
          const { open, base, platform } = yield* WebMail
          yield* send(platform.at.smtp, {
            from: "Ann <ann@world.example>",
            subject: "A long subject that does not fit on any phone that I have ever seen",
            to: "carol@demo.test"
          })
          const page = yield* open({
            locale: "en-GB",
            colorScheme: "dark",
            viewport: { width: 390, height: 800 }
          })
          yield* signInTo(page, base, "carol")
          yield* until(page, "A long subject", 1)
          assert.strictEqual(yield* overflow(page), 0)
          yield* assertClean(page)
          yield* mailPicture(page, "phone-list")
          yield* act(() => line(page, "A long subject").click())
          yield* act(() => page.frameLocator("iframe").getByText("About").waitFor())
          assert.strictEqual(yield* overflow(page), 0)
          yield* assertClean(page)
          yield* mailPicture(page, "phone-reading")
          yield* act(() => page.getByRole("button", { name: "Back to the list" }).click())
          yield* act(() => line(page, "A long subject").waitFor())
          yield* act(() => page.setViewportSize({ width: 320, height: 640 }))
          assert.strictEqual(yield* overflow(page), 0)
          yield* act(() => page.setViewportSize({ width: 1280, height: 800 }))
          yield* act(() => page.goto(`${base}/mail?language=ar-XB&theme=light`))
          yield* until(page, "A long subject", 1)
          yield* assertClean(page)
          yield* mailPicture(page, "right-to-left")
        }),
      patience
    )
  })
})
