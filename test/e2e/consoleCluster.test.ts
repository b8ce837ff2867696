import { fileURLToPath } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { Page } from "playwright-core"
import { buildPages, hasChromium, type OpenWindow, openBrowser, seen } from "../support/browser.ts"
import { type ClusterTwin, clusterTwin } from "../support/clusterTwin.ts"
import { act, assertClean, overflow, picture, signIn, type Visit, visit } from "../support/console.ts"

const pages = fileURLToPath(new URL("../../dist/web", import.meta.url))

class Browser extends Context.Tag("test/consoleCluster/Browser")<Browser, { readonly open: OpenWindow }>() {
  static readonly layer = Layer.scoped(
    Browser,
    Effect.gen(function* () {
      yield* buildPages
      return { open: yield* openBrowser }
    })
  )
}

/** A page is painted slowly where others use the machine, too. */
const patience = 180_000

/** A fleet of three of its own, and a window on it. */
const fleet = (options: Visit = {}) =>
  Effect.gen(function* () {
    const { open } = yield* Browser
    const twin = yield* clusterTwin(pages)
    const page = yield* visit({ open, base: twin.url }, options)
    yield* signIn(page, "pr_any")
    yield* act(() => cell(page, 12).waitFor())
    return { twin, page }
  })

const cell = (page: Page, shardId: number) =>
  page.locator(".shard-map__cells").getByRole("button", { name: new RegExp(`^Shard ${shardId}, `) })

const press = (page: Page, name: string | RegExp) =>
  act(() => page.getByRole("button", { name }).first().click())

/** In the dialog that is open. */
const confirm = (page: Page, name: string | RegExp) =>
  act(() => page.getByRole("dialog").getByRole("button", { name }).click())

const label = (page: Page, shardId: number) => act(() => cell(page, shardId).getAttribute("aria-label"))

const waitFor = (page: Page, shardId: number, text: string) =>
  act(() =>
    page.locator(`.shard-map__cells [aria-label*="Shard ${shardId}, "][aria-label*="${text}"]`).waitFor()
  )

const asked = ({ asked: calls }: ClusterTwin) => calls.join("; ")

describe.skipIf(!hasChromium)("the cluster in a browser (needs Debian's chromium)", () => {
  layer(Browser.layer, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.scoped(
      "a shard is found and moved with the keyboard alone, and the page tells when it has arrived",
      () =>
        Effect.gen(function* () {
          const { twin, page } = yield* fleet()
          yield* act(() => cell(page, 0).focus())
          const keys = [
            "End",
            "Home",
            "ArrowRight",
            "ArrowRight",
            "ArrowRight",
            "ArrowRight",
            "ArrowDown",
            "ArrowUp"
          ]
          for (const key of keys) yield* act(() => page.keyboard.press(key))
          assert.strictEqual(
            yield* act(() => page.evaluate("document.activeElement.getAttribute('aria-label')")),
            yield* label(page, 12)
          )
          assert.include(yield* label(page, 12), "hot")
          yield* act(() => page.keyboard.press("Enter"))
          yield* seen(page, "Shard 12")
          yield* act(() => page.getByRole("button", { name: "Move …" }).focus())
          yield* act(() => page.keyboard.press("Enter"))
          yield* seen(page, "Shard 12 leaves mbx-1 and goes to mbx-2.")
          yield* seen(page, "postroom shard move --to mbx-2 12")
          yield* assertClean(page)
          const beneath = "document.elementsFromPoint(200, 120).findIndex((one) => one.closest('main'))"
          assert.strictEqual(
            yield* act(() => page.evaluate(beneath)),
            1,
            "more than a veil lies over the page"
          )
          yield* picture(page, "move", "window")
          yield* act(() => page.getByRole("button", { name: "Move to mbx-2" }).focus())
          yield* act(() => page.keyboard.press("Enter"))
          yield* waitFor(page, 12, "moving to mbx-2")
          yield* seen(page, "Shard 12 is to move to mbx-2.")
          yield* seen(page, "1 under way · 0 seen since this page is open")
          yield* picture(page, "moving")
          yield* twin.arrive
          yield* waitFor(page, 12, "Shard 12, mbx-2")
          yield* seen(page, "0 under way · 1 seen since this page is open")
          assert.strictEqual(asked(twin), "move 12 to mbx-2")
        }),
      patience
    )

    it.scoped(
      "a rebalance is planned, run, and can be taken back; nothing happens before it is confirmed",
      () =>
        Effect.gen(function* () {
          const { twin, page } = yield* fleet()
          yield* press(page, "Plan (moves nothing)")
          yield* seen(page, "1.72× → 1.08×")
          yield* seen(page, "dry run")
          yield* press(page, "Run …")
          yield* seen(page, "2 shards move, 4 at once, exactly as planned.")
          yield* confirm(page, "Cancel")
          assert.strictEqual(asked(twin), "plan")
          yield* press(page, "Run …")
          yield* confirm(page, "Move 2 shards")
          yield* waitFor(page, 12, "moving to mbx-2")
          yield* waitFor(page, 3, "moving to mbx-3")
          yield* seen(page, "0 of 2 moved, 2 moving")
          yield* assertClean(page)
          yield* picture(page, "rebalance-running", "window")
          yield* twin.arrive
          yield* seen(page, "2 of 2 moved, 0 moving")
          yield* press(page, "Reverse …")
          yield* seen(page, /postroom rebalance reverse 0190a000/)
          yield* confirm(page, "Reverse …")
          yield* seen(page, "The rebalance is being taken back.")
          assert.match(asked(twin), /^plan; run [0-9a-f-]+; reverse [0-9a-f-]+$/)
        }),
      patience
    )

    it.scoped(
      "runners are drained and undrained, mailboxes looked up and shut",
      () =>
        Effect.gen(function* () {
          const { twin, page } = yield* fleet()
          yield* press(page, "Drain mbx-2")
          yield* seen(page, "mbx-2 gives its 32 shards to the other runners, and takes no more.")
          yield* seen(page, "postroom runner drain mbx-2")
          yield* confirm(page, "Drain …")
          yield* seen(page, "draining")
          yield* press(page, "Undrain mbx-2")
          yield* confirm(page, "Undrain …")
          yield* act(() => page.getByRole("button", { name: "Drain mbx-2", exact: true }).waitFor())
          const mailbox = "0190a1b2-0000-7000-8000-00000000000c"
          yield* act(() => page.getByLabel("Where is a mailbox?").fill(mailbox))
          yield* press(page, "Look up")
          yield* seen(page, "Claimed under epoch")
          yield* act(() => page.getByRole("button", { name: "Quarantine …" }).last().click())
          yield* seen(page, `postroom mailbox quarantine ${mailbox}`)
          yield* confirm(page, "Quarantine …")
          yield* seen(page, `Mailbox ${mailbox} is in quarantine.`)
          assert.strictEqual(asked(twin), `drain mbx-2; undrain mbx-2; quarantine ${mailbox}`)
        }),
      patience
    )

    it.scoped(
      "axe finds nothing in any shape of the map, in either theme; the table says what the picture does",
      () =>
        Effect.gen(function* () {
          for (const theme of ["light", "dark"] as const) {
            const { page } = yield* fleet({ theme })
            yield* act(() => cell(page, 12).click())
            yield* assertClean(page)
            yield* picture(page, `fleet-${theme}`)
            yield* act(() => page.getByRole("tab", { name: "By number" }).click())
            yield* assertClean(page)
            yield* picture(page, `fleet-by-number-${theme}`)
            yield* act(() => page.getByRole("tab", { name: "Table" }).click())
            const row = page.getByRole("row").filter({ hasText: /^12\s*A?\s*mbx-1/ })
            yield* act(() => row.first().waitFor())
            yield* assertClean(page)
          }
        }),
      patience
    )

    it.scoped(
      "needs no sideways scrolling at 400 % zoom, and turns round",
      () =>
        Effect.gen(function* () {
          const { page } = yield* fleet({ width: 320 })
          assert.strictEqual(yield* overflow(page), 0)
          yield* act(() => cell(page, 12).click())
          yield* press(page, "Plan (moves nothing)")
          yield* seen(page, "1.72× → 1.08×")
          assert.strictEqual(yield* overflow(page), 0)
          yield* act(() => page.getByRole("tab", { name: "Table" }).click())
          assert.strictEqual(yield* overflow(page), 0)
          yield* picture(page, "fleet-narrow")
          const { open } = yield* Browser
          const turned = yield* visit({ open, base: (yield* clusterTwin(pages)).url }, { language: "ar-XB" })
          yield* signIn(turned, "pr_any")
          yield* act(() => turned.locator(".shard-map__cells").first().waitFor())
          assert.strictEqual(yield* overflow(turned), 0)
          yield* picture(turned, "fleet-right-to-left")
        }),
      patience
    )
  })
})
