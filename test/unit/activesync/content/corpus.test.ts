import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { metrics } from "../../../../src/observability/metrics.ts"
import type { ProtocolVersion } from "../../../../src/protocols/activesync/Command.ts"
import {
  type BodyOptions,
  type BodyType,
  defaultBodyOptions
} from "../../../../src/protocols/activesync/content/bodyOptions.ts"
import { itemContent } from "../../../../src/protocols/activesync/content/itemContent.ts"
import { serverIdOf } from "../../../../src/protocols/activesync/content/serverId.ts"
import {
  childOf,
  childText,
  type Element,
  element
} from "../../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../../src/protocols/activesync/wbxml/encode.ts"
import { call, type StoredMail, storedMail } from "../../../support/activesync/storedMail.ts"
import { decoded, hasLint, lint, toXml } from "../../../support/activesync/wbxml.ts"
import { mailboxId } from "../../../support/alice.ts"
import { type CorpusMail, corpusMail, hasCorpusMail } from "../../../support/corpusMail.ts"

const preferring = (type: BodyType, truncationSize: number | null): BodyOptions => ({
  ...defaultBodyOptions,
  bodyPreferences: [{ type, truncationSize, allOrNone: false, preview: 100 }],
  bodyPartPreference: { type: 2, truncationSize, allOrNone: false, preview: 100 },
  mimeSupport: 2
})

const wishes: ReadonlyArray<{ readonly options: BodyOptions; readonly version: ProtocolVersion }> = [
  { version: "12.1", options: defaultBodyOptions },
  ...([1, 2, 4] as const).flatMap((type) => [
    { version: "12.1" as const, options: preferring(type, null) },
    { version: "16.1" as const, options: preferring(type, 501) }
  ])
]

/** A Sync that adds these items, as a device gets it. */
const syncOf = (items: ReadonlyArray<ReadonlyArray<Element>>): Element =>
  element(
    "AirSync:Sync",
    element(
      "AirSync:Collections",
      element(
        "AirSync:Collection",
        element("AirSync:SyncKey", "1"),
        element("AirSync:CollectionId", "1"),
        element("AirSync:Status", 1),
        element(
          "AirSync:Commands",
          items.map((item, index) =>
            element(
              "AirSync:Add",
              element("AirSync:ServerId", String(index + 1)),
              element("AirSync:ApplicationData", item)
            )
          )
        )
      )
    )
  )

/** Few enough that a document stays readable, many enough that checking them all takes seconds. */
const messagesOfSync = 20

const minimalItems = Effect.promise(async () =>
  (await metrics.activesyncMinimalItems.get()).values.reduce((sum, { value }) => sum + value, 0)
)

/** What every body must be, whatever the message. */
const checkBody = (
  item: ReadonlyArray<Element>,
  { options }: (typeof wishes)[number],
  { file, bytes: raw }: CorpusMail
): void => {
  const body = item.find(({ tag }) => tag === "AirSyncBase:Body")
  const data = childText(body, "AirSyncBase:Data")
  const size = Number(childText(body, "AirSyncBase:EstimatedDataSize"))
  const [preference] = options.bodyPreferences
  const limit = preference?.truncationSize ?? Number.POSITIVE_INFINITY
  const bytes = Buffer.byteLength(data ?? "")
  assert.isAtMost(bytes, limit, file)
  assert.isAtLeast(size, 0, file)
  // Octets that are no UTF-8 are encoded, not lost.
  if (preference?.type === 4 && !raw.includes("\ufffd")) assert.notInclude(data ?? "", "\ufffd", file)
  const isTruncated = childOf(body, "AirSyncBase:Truncated") !== undefined
  if (!isTruncated) assert.isAtMost(Math.abs(size - bytes), preference?.type === 4 ? size : 0, file)
  assert.strictEqual(childText(body, "AirSyncBase:Type"), String(preference?.type ?? 1), file)
}

const rendered = (mail: StoredMail, given: CorpusMail) =>
  Effect.gen(function* () {
    const message = yield* mail.store(given.bytes)
    assert.isAtMost(serverIdOf(message.id).length, 64)
    return yield* Effect.forEach(wishes, (wish) =>
      Effect.tap(itemContent(mail.core)(call, { mailboxId, message, ...wish }), (item) =>
        Effect.sync(() => checkBody(item, wish, given))
      )
    )
  })

describe("items of the whole corpus", () => {
  it.effect.skipIf(!hasCorpusMail)(
    "every message is rendered in every form, for the oldest and the newest version, and survives the wire",
    () =>
      Effect.gen(function* () {
        const before = yield* minimalItems
        const mail = yield* storedMail
        const documents: Array<Uint8Array> = []
        const corpus = corpusMail()
        assert.isAbove(corpus.length, 2000)
        for (let at = 0; at < corpus.length; at += messagesOfSync) {
          const items = yield* Effect.forEach(corpus.slice(at, at + messagesOfSync), (given) =>
            rendered(mail, given)
          )
          const document = syncOf(items.flat())
          const wire = encode(document)
          assert.strictEqual(toXml(decoded(wire)), toXml(document), corpus[at]?.file)
          documents.push(wire)
        }
        assert.strictEqual(yield* minimalItems, before)
        if (hasLint) assert.deepStrictEqual((yield* lint(documents)).slice(0, 5), [])
      }),
    600_000
  )
})
