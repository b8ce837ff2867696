import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { LimitExceeded, Unavailable } from "../../../../src/domain/errors.ts"
import { FolderId, MessageId } from "../../../../src/domain/ids.ts"
import { prepareDraft } from "../../../../src/protocols/activesync/sync/drafts.ts"
import type { DraftCommand, PreparedStep } from "../../../../src/protocols/activesync/sync/plan.ts"
import { type Content, element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { MimeReader } from "../../../../src/protocols/mime/MimeReader.ts"
import { Core } from "../../../../src/rpc/Core.ts"
import { BlobNotFound, BlobUnavailable } from "../../../../src/storage/blobs/BlobStore.ts"
import { composeWorld, layerCore, plainMail } from "../../../support/activesync/composing.ts"
import { request } from "../../../support/activesync/request.ts"

const [inbox, drafts] = [FolderId(1), FolderId(2)]

const properties = (...content: ReadonlyArray<Content>) => element("AirSync:ApplicationData", ...content)
const to = element("Email:To", "bob@demo.test")
const words = (length: number) =>
  element(
    "AirSyncBase:Body",
    element("AirSyncBase:Type", 1),
    element("AirSyncBase:Data", "word ".repeat(length / 5))
  )

const adding = (clientId: string, send: boolean, ...content: ReadonlyArray<Content>): DraftCommand => ({
  _tag: "Add",
  clientId,
  itemClass: null,
  properties: properties(to, ...content),
  send
})

const rewriting = (id: number): DraftCommand => ({
  _tag: "Change",
  serverId: String(id),
  instanceId: null,
  properties: properties(words(10)),
  send: false
})

const sending = (id: number): DraftCommand => ({
  _tag: "Change",
  serverId: String(id),
  instanceId: null,
  properties: properties(),
  send: true
})

/** What is prepared for each, one after the other in one request. */
const prepared = (
  world: ReturnType<typeof composeWorld>,
  commands: ReadonlyArray<DraftCommand>,
  { folderId = drafts, maxBytes = 1_000_000 } = {}
) =>
  Effect.gen(function* () {
    const [core, mime] = [yield* Core, yield* MimeReader]
    const drafting = {
      core,
      mime,
      request: request({ command: "Sync" }),
      folderId,
      key: "2-1-x",
      room: { left: maxBytes },
      maxBytes
    }
    return yield* Effect.forEach(commands, (command) =>
      prepareDraft(drafting, {
        _tag: "Draft",
        command,
        messageId: command._tag === "Add" ? null : MessageId(Number(command.serverId))
      })
    )
  }).pipe(Effect.provide(Layer.merge(layerCore(world), MimeReader.layerInline())))

const statusOf = (step: PreparedStep) => (step._tag === "Answered" ? step.response?.status : step._tag)

describe("drafts on their way to Core", () => {
  it.effect("a message is sent only where it is a draft, and lies in the folder that is named", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      world.messages.set(1, Buffer.from(plainMail()))
      // It lies in the Inbox: Core is asked about a draft of this number, and knows none.
      assert.deepStrictEqual((yield* prepared(world, [sending(1)])).map(statusOf), ["Apply"])
      const inInbox = yield* prepared(world, [sending(1)], { folderId: inbox })
      assert.deepStrictEqual(inInbox.map(statusOf), [6])
      assert.deepStrictEqual(world.submitted, [])
    })
  )

  it.effect("one that breaks a limit of sending fails alone", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      const many = element(
        "Email2:Bcc",
        Array.from({ length: 1_500 }, (_, n) => `p${n}@demo.test`).join(", ")
      )
      const steps = yield* prepared(world, [adding("many", true, many), adding("one", true)])
      assert.deepStrictEqual(steps.map(statusOf), [115, 1])
      assert.strictEqual(world.submitted.length, 1)
    })
  )

  it.effect("one whose octets are lost fails alone and for good, one whose are away may come again", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      for (const id of [1, 2]) world.messages.set(id, Buffer.from(plainMail()))
      world.unreadable.set(1, new Unavailable({ what: "blobs", cause: new BlobNotFound() }))
      world.unreadable.set(
        2,
        new Unavailable({ what: "blobs", cause: new BlobUnavailable({ reason: "io" }) })
      )
      const steps = yield* prepared(world, [rewriting(1), sending(1), rewriting(2), adding("one", false)], {
        folderId: inbox
      })
      assert.deepStrictEqual(steps.map(statusOf), [6, 6, 16, "Apply"])
    })
  )

  it.effect("one that comes while too much is sent may come again", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      world.beforeSubmit = new LimitExceeded({ limit: "rate", max: 1 })
      assert.deepStrictEqual((yield* prepared(world, [adding("one", true)])).map(statusOf), [16])
    })
  )

  it.effect("are held for one request up to a size: the rest may come with the next", () =>
    Effect.gen(function* () {
      const commands = ["a", "b", "c"].map((name) => adding(name, false, words(40_000)))
      const steps = yield* prepared(composeWorld(), commands, { maxBytes: 100_000 })
      assert.deepStrictEqual(steps.map(statusOf), ["Apply", "Apply", 16])
      const huge = yield* prepared(composeWorld(), [adding("huge", false, words(200_000))], {
        maxBytes: 100_000
      })
      assert.deepStrictEqual(huge.map(statusOf), [6])
    })
  )
})
