import { Context, Effect, Layer } from "effect"
import { type Platform, platformHere, type Settings } from "../platform.ts"
import type { PhoneOptions } from "./client.ts"
import { readyAt } from "./handset.ts"
import { putLetters } from "./seedMail.ts"

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
