import { Context, Effect, Layer } from "effect"
import { type Platform, platformHere, type Settings } from "../platform.ts"
import type { PhoneOptions } from "./client.ts"
import { readyAt } from "./handset.ts"
import { putLetters, putMail } from "./seedMail.ts"

/** A platform that the tests of one file share. */
export class Running extends Context.Tag("test/Running")<Running, Platform>() {
  static readonly layer = (settings: Settings = {}) => Layer.scoped(Running, platformHere(settings))
}

let phones = 0

/** Another phone of alice's, its folders synced. */
export const phone = (options: Partial<PhoneOptions> = {}) =>
  Effect.flatMap(Running, (platform) => readyAt(platform, { deviceId: `HANDSET${++phones}`, ...options }))

/** New letters for alice, in her Inbox where nothing else is said; answers with their ids. */
export const letters = (subjects: ReadonlyArray<string>, options: Parameters<typeof putLetters>[2] = {}) =>
  Effect.flatMap(Running, (platform) => putLetters(platform, subjects, options))

/** New mail for alice in her Inbox, as it is; answers with its id. */
export const mail = (...lines: ReadonlyArray<string>) =>
  Effect.flatMap(Running, (platform) => putMail(platform, [Buffer.from(lines.join("\r\n"))])).pipe(
    Effect.map(([id = ""]) => id)
  )
