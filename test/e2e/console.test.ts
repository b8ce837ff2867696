import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schedule, type Scope } from "effect"
import type { Page } from "playwright-core"
import {
  drainCommand,
  moveCommand,
  pinCommand,
  planCommand,
  quarantineCommand,
  releaseCommand,
  reverseCommand,
  runCommand,
  stopCommand,
  undrainCommand,
  unpinCommand
} from "../../web/src/console/cluster/commands.ts"
import { replayAllCommand, replayOneCommand } from "../../web/src/console/deadLetters/causes.ts"
import { awaited } from "../support/awaited.ts"
import {
  buildPages,
  complaintsOf,
  hasChromium,
  type OpenWindow,
  openBrowser,
  seen
} from "../support/browser.ts"
import { commandLine } from "../support/commandLine.ts"
import {
  act,
  assertClean,
  overflow,
  picture,
  signIn,
  tokenField,
  turnTo,
  type Visit,
  visit
} from "../support/console.ts"
import { type PlatformProcess, platformProcess } from "../support/platformProcess.ts"
import { migratedDatabase } from "../support/postgres.ts"

class World extends Context.Tag("test/console/World")<
  World,
  {
    readonly platform: PlatformProcess
    readonly token: string
    readonly open: OpenWindow
    readonly base: string
  }
>() {
  static readonly layer = Layer.scoped(
    World,
    Effect.gen(function* () {
      yield* buildPages
      const platform = yield* platformProcess({ from: "dist", database: yield* migratedDatabase })
      const token = readFileSync(join(platform.dataFolder, "secrets", "operator-token"), "utf8").trim()
      const base = `http://${platform.at.host}:${platform.at.http}`
      return { platform, token, open: yield* openBrowser, base }
    })
  )
}

const opened = (options: Visit = {}): Effect.Effect<Page, never, World | Scope.Scope> =>
  Effect.flatMap(World, (world) => visit(world, options))

const signedIn = (options: Visit = {}) =>
  Effect.tap(opened(options), (page) => Effect.flatMap(World, ({ token }) => signIn(page, token)))

/** A page is painted slowly where others use the machine, too. */
const patience = 180_000

const views = ["cluster", "flow", "dead-letters"]

describe.skipIf(!hasChromium)("the console in a browser (needs Debian's chromium)", () => {
  layer(World.layer, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.scoped(
      "takes the operator's token and no other; it is in no address and ends with the tab",
      () =>
        Effect.gen(function* () {
          const { token } = yield* World
          const page = yield* opened()
          yield* seen(page, "Sign in to the console")
          yield* act(() => tokenField(page).fill("pr_not-the-token-of-anybody-at-all-0123456789ab"))
          yield* act(() => page.keyboard.press("Enter"))
          yield* seen(page, "The server does not know this token.")
          yield* signIn(page, token)
          yield* act(() => page.reload())
          yield* act(() => page.locator("main.console").waitFor())
          assert.notInclude(page.url(), token)
          assert.notInclude(String(yield* act(() => page.evaluate("JSON.stringify(localStorage)"))), token)
          const other = yield* act(() => page.context().newPage())
          yield* act(() => other.goto(page.url()))
          yield* seen(other, "Sign in to the console")
        }),
      patience
    )

    it.scoped(
      "axe finds nothing, in either theme, before and after signing in",
      () =>
        Effect.gen(function* () {
          const { token } = yield* World
          for (const theme of ["light", "dark"] as const) {
            const page = yield* opened({ theme })
            yield* seen(page, "Sign in to the console")
            yield* assertClean(page)
            yield* signIn(page, token)
            for (const view of views) {
              yield* turnTo(page, `/console/${view}`)
              yield* assertClean(page)
              yield* picture(page, `${view}-${theme}`)
            }
          }
        }),
      patience
    )

    it.scoped(
      "needs no sideways scrolling at 400 % zoom",
      () =>
        Effect.gen(function* () {
          const { token } = yield* World
          const page = yield* opened({ width: 320 })
          yield* seen(page, "Sign in to the console")
          assert.strictEqual(yield* overflow(page), 0)
          yield* signIn(page, token)
          for (const view of views) {
            yield* turnTo(page, `/console/${view}`)
            assert.strictEqual(yield* overflow(page), 0, view)
          }
        }),
      patience
    )

    it.scoped(
      "speaks German, and turns round for languages that are written from right to left",
      () =>
        Effect.gen(function* () {
          const german = yield* signedIn({ language: "de", path: "/console/flow" })
          yield* seen(german, "Mailfluss")
          assert.strictEqual(yield* act(() => german.evaluate("document.documentElement.lang")), "de")
          yield* assertClean(german)
          const turned = yield* signedIn({ language: "ar-XB", path: "/console/flow" })
          yield* act(() => turned.locator("table").first().waitFor())
          const at = (selector: string) =>
            Effect.map(
              act(() => turned.locator(selector).boundingBox()),
              (box) => box?.x ?? Number.NaN
            )
          assert.isAbove(yield* at(".top-bar__name"), yield* at(".console__pulse"))
          assert.strictEqual(yield* overflow(turned), 0)
          yield* picture(turned, "flow-right-to-left")
        }),
      patience
    )

    it.scoped(
      "dead letters stand by their cause; one is inspected, all are replayed, and what fails again comes back",
      () =>
        Effect.gen(function* () {
          const { platform } = yield* World
          const page = yield* signedIn({ path: "/console/dead-letters" })
          yield* seen(page, "No work has been given up.")
          yield* platform.query(`INSERT INTO queue.tasks (task_id, type, correlation_id, payload)
            SELECT gen_random_uuid(), 'index', 'of a test ' || n, jsonb_build_object('n', n) FROM generate_series(1, 3) AS n`)
          yield* seen(page, "3 tasks in 1 group")
          yield* seen(page, "of a test 2")
          yield* assertClean(page)
          yield* picture(page, "dead-letters")
          assert.notInclude(String(yield* act(() => page.locator("body").textContent())), '"n": 1')
          yield* act(() =>
            page
              .getByRole("button", { name: /^Inspect/ })
              .first()
              .click()
          )
          yield* seen(page, /"n": [123]/)
          yield* assertClean(page)
          yield* act(() => page.keyboard.press("Escape"))
          yield* act(() => page.getByRole("button", { name: "Replay all …" }).click())
          yield* act(() => page.getByLabel("Tasks in a second, at most").fill("2"))
          yield* act(() => page.keyboard.press("Tab"))
          yield* seen(page, /--all --cause 'the payload is no index task' --per-second 2/)
          yield* picture(page, "replay", "window")
          yield* act(() => page.getByRole("button", { name: "Replay 3 tasks" }).click())
          yield* seen(page, "3 tasks are back in index.")
          yield* awaited(
            "the replayed tasks to die again",
            Effect.repeat(
              platform.query<{ readonly n: number }>(
                "SELECT count(*)::int AS n FROM queue.task_events WHERE event = 'dead'"
              ),
              { until: ([row]) => row?.n === 6, schedule: Schedule.spaced("100 millis") }
            )
          )
          yield* seen(page, "3 tasks in 1 group")
          assert.deepStrictEqual(complaintsOf(page), [])
        }),
      patience
    )

    it.scoped(
      "every command to copy is one that the command line knows",
      () =>
        Effect.gen(function* () {
          const { platform } = yield* World
          const id = "0190a000-0000-7000-8000-000000000001"
          const cause = { stream: "index", cause: "answered #" }
          for (const command of [
            moveCommand(1, "a"),
            pinCommand(1, "a"),
            unpinCommand(1),
            drainCommand("a"),
            undrainCommand("a"),
            planCommand({ byCount: true, maxMoving: 2 }),
            runCommand(id),
            stopCommand(id),
            reverseCommand(id),
            quarantineCommand(id),
            releaseCommand(id),
            replayOneCommand("index", id),
            replayAllCommand(cause, 5)
          ]) {
            const [, ...words] = command.match(/'[^']*'|\S+/g) ?? []
            const ran = yield* commandLine(
              platform,
              words.map((word) => word.replaceAll("'", ""))
            )
            // The server may refuse it, for it has one runner and no such things: 2 = it was not understood.
            assert.notStrictEqual(ran.code, 2, `${command}: ${ran.err}`)
          }
        }),
      patience
    )

    it.scoped(
      "says that the server is gone, keeps what it knew as old, and is current again by itself",
      () =>
        Effect.gen(function* () {
          const { platform } = yield* World
          const page = yield* signedIn({ path: "/console/flow" })
          yield* seen(page, "mail_ingest")
          yield* platform.kill("SIGTERM")
          yield* seen(page, "Disconnected")
          yield* seen(page, /The server has been out of reach since/)
          yield* seen(page, "mail_ingest")
          yield* picture(page, "disconnected")
          yield* assertClean(page)
          yield* platform.restart()
          yield* act(() => page.locator(".console__pulse[data-state=live]").waitFor())
          const back = page.getByRole("status").filter({ hasText: "The connection is back" })
          yield* act(() => back.waitFor({ state: "attached" }))
          assert.deepStrictEqual(complaintsOf(page), [])
        }),
      patience
    )
  })
})
