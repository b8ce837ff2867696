import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Context, Effect, Layer } from "effect"
import type { Page } from "playwright-core"
import { awaited } from "./awaited.ts"
import { buildPages, type OpenWindow, openBrowser } from "./browser.ts"
import { act } from "./console.ts"
import { demoPassword } from "./platform.ts"
import { type PlatformProcess, type PlatformProcessOptions, platformProcess } from "./platformProcess.ts"
import { migratedDatabase } from "./postgres.ts"
import { smtpDialogue } from "./smtpDialogue.ts"

/** A platform with its pages, and a browser. */
export class WebMail extends Context.Tag("test/WebMail")<
  WebMail,
  { readonly open: OpenWindow; readonly base: string; readonly platform: PlatformProcess }
>() {
  static readonly layerWith = (settings: NonNullable<PlatformProcessOptions["settings"]>) =>
    Layer.scoped(
      WebMail,
      Effect.gen(function* () {
        yield* buildPages
        const platform = yield* platformProcess({ from: "dist", database: yield* migratedDatabase, settings })
        return { open: yield* openBrowser, base: `http://${platform.at.host}:${platform.at.http}`, platform }
      })
    )

  static readonly layer = WebMail.layerWith({})
}

export const signInTo = (page: Page, base: string, user = "alice", way = "/mail") =>
  Effect.gen(function* () {
    yield* act(() => page.goto(`${base}${way}`))
    yield* act(() => page.getByLabel(/E-mail address|E-Mail-Adresse/).fill(`${user}@demo.test`))
    yield* act(() => page.keyboard.press("Tab"))
    yield* act(() => page.keyboard.type(demoPassword))
    yield* act(() => page.keyboard.press("Enter"))
    yield* act(() => page.locator("main.mail").waitFor())
  })

interface Letter {
  readonly from: string
  readonly subject: string
  readonly to?: string
  readonly text?: string
}

/** Mail from the world, as it comes. */
export const send = (port: number, ...letters: ReadonlyArray<Letter>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const smtp = yield* smtpDialogue(port)
      yield* smtp.reply
      yield* smtp.ask("EHLO world.example")
      for (const { from, subject, to = "alice@demo.test", text = `About ${subject}.` } of letters) {
        const bytes = Buffer.from(
          `From: ${from}\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replace(/\W/g, "")}@world.example>\r\n\r\n${text}\r\n`
        )
        yield* smtp.deliver({ to: [to], bytes })
      }
    })
  )

/** The list's line of a subject. */
export const line = (page: Page, subject: string) => page.getByRole("row").filter({ hasText: subject })

/** How many lines of a subject there are, once it is so many. */
export const until = (page: Page, subject: string, count: number) =>
  awaited(
    `${count} of "${subject}" in the list`,
    Effect.promise(() =>
      count > 0
        ? line(page, subject)
            .nth(count - 1)
            .waitFor({ timeout: 0 })
        : line(page, subject).first().waitFor({ state: "detached", timeout: 0 })
    ),
    Effect.promise(() => page.locator("main").textContent())
  )

const pictures = fileURLToPath(new URL("../../coverage/mail", import.meta.url))

/** To be looked at. */
export const mailPicture = (page: Page, name: string) =>
  Effect.suspend(() => {
    mkdirSync(pictures, { recursive: true })
    return act(() => page.screenshot({ path: join(pictures, `${name}.png`) }))
  })
