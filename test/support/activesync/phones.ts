import { Context, Effect, Layer } from "effect"
import { element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { type Phone, type PhoneOptions, phoneAt } from "./client.ts"
import { textAt } from "./documents.ts"
import { handsetOf, syncFolders } from "./handset.ts"
import { Running } from "./running.ts"

/** What all phones are answered is linted at once, when the tests end. */
class AnyPhone extends Context.Tag("test/AnyPhone")<AnyPhone, Phone>() {}

/** A platform, and phones that nobody has seen before. */
export const layerPhones = Layer.scoped(
  AnyPhone,
  Effect.flatMap(Running, (platform) => phoneAt(platform))
).pipe(Layer.provideMerge(Running.layer()))

let count = 0

/** A phone that nobody has seen before. */
export const newPhone = (options: Partial<PhoneOptions> = {}) =>
  Effect.map(AnyPhone, (phone) => {
    count += 1
    return phone.but({ deviceId: `PHONE${count}`, ...options })
  })

/** The same with its folders synced. */
export const newHandset = (options: Partial<PhoneOptions> = {}) =>
  newPhone(options).pipe(Effect.map(handsetOf), Effect.tap(syncFolders))

/** What a phone is told that asks for anything: the status of an empty Settings, or the code. */
export const probe = (phone: Phone) =>
  Effect.map(phone.ask("Settings", element("Settings:Settings")), ({ code, document }) =>
    document === null ? code : Number(textAt(document, "Settings:Status"))
  )
