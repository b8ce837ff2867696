import { Effect } from "effect"
import type { ProtocolVersion } from "../../../src/protocols/activesync/Command.ts"
import {
  type BodyOptions,
  type BodyPreference,
  defaultBodyOptions
} from "../../../src/protocols/activesync/content/bodyOptions.ts"
import { itemContent } from "../../../src/protocols/activesync/content/itemContent.ts"
import { childElements, type Element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { mailboxId } from "../alice.ts"
import { call, type StoredMail, storedMail } from "./storedMail.ts"

export const header = (...fields: ReadonlyArray<string>) =>
  ["From: Ann <ann@example.test>", "To: bob@example.test", "Subject: s", "MIME-Version: 1.0", ...fields].join(
    "\r\n"
  )

export const plain = (text: string) => `${header("Content-Type: text/plain; charset=utf-8")}\r\n\r\n${text}`
export const html = (text: string) => `${header("Content-Type: text/html; charset=utf-8")}\r\n\r\n${text}`

export interface Wish extends Partial<Omit<BodyOptions, "bodyPreferences" | "bodyPartPreference">> {
  readonly prefer?: ReadonlyArray<Partial<BodyPreference> & Pick<BodyPreference, "type">>
  readonly part?: Partial<BodyPreference>
  readonly version?: ProtocolVersion
}

const whole = { truncationSize: null, allOrNone: false, preview: null }

const optionsOf = ({ prefer = [], part, version: _, ...rest }: Wish): BodyOptions => ({
  ...defaultBodyOptions,
  ...rest,
  bodyPreferences: prefer.map((given) => ({ ...whole, ...given })),
  bodyPartPreference: part === undefined ? null : { ...whole, type: 2, ...part }
})

export const render = (raw: string | Uint8Array, wish: Wish, mail?: StoredMail) =>
  Effect.gen(function* () {
    const world = mail ?? (yield* storedMail)
    const message = yield* world.store(raw)
    return yield* itemContent(world.core)(call, {
      mailboxId,
      message,
      version: wish.version ?? "16.1",
      options: optionsOf(wish)
    })
  })

/** The children of an element of the item by their names; undefined where it is not there. */
export const contentsOf = (item: ReadonlyArray<Element>, tag: Element["tag"]) => {
  const found = item.find((one) => one.tag === tag)
  if (found === undefined) return undefined
  return Object.fromEntries(
    childElements(found).map((child) => [child.tag.replace(/^.*:/, ""), child.children.map(String).join("")])
  )
}

export const bodyOf = (raw: string | Uint8Array, wish: Wish) =>
  Effect.map(render(raw, wish), (item) => contentsOf(item, "AirSyncBase:Body"))
export const partOf = (raw: string | Uint8Array, wish: Wish) =>
  Effect.map(render(raw, wish), (item) => contentsOf(item, "AirSyncBase:BodyPart"))

export const nativeOf = (item: ReadonlyArray<Element>) =>
  item.find(({ tag }) => tag === "AirSyncBase:NativeBodyType")?.children.join("")
