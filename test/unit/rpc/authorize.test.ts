import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { MessageId } from "../../../src/domain/ids.ts"
import type { Principal } from "../../../src/identity/Principal.ts"
import { Core, type CoreMethods } from "../../../src/rpc/Core.ts"
import type { Grant } from "../../../src/storage/acl/Acl.ts"
import { summary } from "../../support/alice.ts"
import { added, alice, bob, calling, inbox, layerCore, makeWorld, principals, secret } from "./fakes.ts"

/** Alice's mailbox with message 1 in the Inbox and message 2 in a folder of its own; Bob has these grants on it. */
const sharing = (grants: ReadonlyArray<Grant>) =>
  Effect.gen(function* () {
    const world = makeWorld()
    world.grants.set(bob, grants)
    const box = world.box(alice)
    box.messages.set(1, summary(1)).set(2, summary(2, { folderId: secret }))
    box.grow(added(1, inbox), added(2, secret))
    return yield* Effect.provide(Core, layerCore(world))
  })

const tagOf = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
  Effect.match(effect, { onFailure: (error) => error._tag, onSuccess: () => "ok" })

const of = { mailboxId: alice }
const list = (core: CoreMethods, principal: Principal, folderId = inbox) =>
  tagOf(core.listMessages(calling(principal), { ...of, folderId, belowUid: null, limit: null }))
const get = (core: CoreMethods, principal: Principal, n: number) =>
  tagOf(core.getMessage(calling(principal), { ...of, messageId: MessageId(n) }))
const flag = (
  core: CoreMethods,
  principal: Principal,
  { add, ids }: { add: "\\Seen" | "\\Flagged"; ids: Array<number> }
) =>
  tagOf(
    core.changeFlags(calling(principal), {
      ...of,
      messageIds: ids.map(MessageId),
      addFlags: [add],
      removeFlags: [],
      addCategories: [],
      removeCategories: [],
      operationId: null
    })
  )

describe("somebody else's mailbox", () => {
  it.effect("does not exist for another tenant, with or without a grant", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      world.grants.set(principals.mallory.mailboxId, [{ folderId: null, rights: ["l", "r", "w", "submit"] }])
      const core = yield* Effect.provide(Core, layerCore(world))
      const call = calling(principals.mallory)
      assert.strictEqual(yield* list(core, principals.mallory), "NotFound")
      const error = yield* Effect.flip(core.getMailbox(call, of))
      assert.deepStrictEqual([error._tag, error.message], ["NotFound", "No such mailbox."])
    })
  )

  it.effect("is refused within the tenant without a grant", () =>
    Effect.gen(function* () {
      const core = yield* sharing([])
      assert.strictEqual(yield* tagOf(core.getMailbox(calling(principals.bob), of)), "PermissionDenied")
    })
  )

  it.effect("shows the folders of a grant and hides the others", () =>
    Effect.gen(function* () {
      const core = yield* sharing([{ folderId: inbox, rights: ["l"] }])
      const { folders } = yield* core.listFolders(calling(principals.bob), of)
      assert.deepStrictEqual(
        folders.map(({ id }) => id),
        [inbox]
      )
      assert.strictEqual((yield* core.getMailbox(calling(principals.bob), of)).folders, 1)
      assert.strictEqual(yield* list(core, principals.bob), "PermissionDenied")
      assert.strictEqual(yield* list(core, principals.bob, secret), "NotFound")
    })
  )

  it.effect("is read folder by folder, its journal too", () =>
    Effect.gen(function* () {
      const core = yield* sharing([{ folderId: inbox, rights: ["l", "r"] }])
      assert.strictEqual(yield* list(core, principals.bob), "ok")
      const error = yield* Effect.flip(
        core.getMessage(calling(principals.bob), { ...of, messageId: MessageId(2) })
      )
      assert.strictEqual(error.message, "No such message.")
      const window = yield* core.listChanges(calling(principals.bob), {
        ...of,
        after: (yield* core.getMailbox(calling(principals.alice), of)).modSeq,
        limit: null,
        folderIds: []
      })
      assert.strictEqual(window.entries.length, 0)
    })
  )

  it.effect("takes a right on the whole mailbox for every folder", () =>
    Effect.gen(function* () {
      const core = yield* sharing([{ folderId: null, rights: ["l", "r"] }])
      assert.strictEqual(yield* list(core, principals.bob, secret), "ok")
      assert.strictEqual(
        yield* flag(core, principals.bob, { add: "\\Flagged", ids: [1] }),
        "PermissionDenied"
      )
    })
  )

  it.effect("asks for the right on the folder of every message named", () =>
    Effect.gen(function* () {
      const core = yield* sharing([
        { folderId: inbox, rights: ["l", "w"] },
        { folderId: secret, rights: ["l"] }
      ])
      assert.strictEqual(yield* flag(core, principals.bob, { add: "\\Flagged", ids: [1] }), "ok")
      assert.strictEqual(
        yield* flag(core, principals.bob, { add: "\\Flagged", ids: [1, 2] }),
        "PermissionDenied"
      )
      assert.strictEqual(yield* get(core, principals.bob, 1), "PermissionDenied")
    })
  )

  it.effect("keeps \\Seen under its own right (RFC 4314 4)", () =>
    Effect.gen(function* () {
      const seer = yield* sharing([{ folderId: inbox, rights: ["l", "s"] }])
      assert.strictEqual(yield* flag(seer, principals.bob, { add: "\\Seen", ids: [1] }), "ok")
      assert.strictEqual(
        yield* flag(seer, principals.bob, { add: "\\Flagged", ids: [1] }),
        "PermissionDenied"
      )
      const flagger = yield* sharing([{ folderId: inbox, rights: ["l", "w"] }])
      assert.strictEqual(
        yield* flag(flagger, principals.bob, { add: "\\Seen", ids: [1] }),
        "PermissionDenied"
      )
    })
  )

  it.effect("asks for the right on the target of a move", () =>
    Effect.gen(function* () {
      const move = (core: CoreMethods) =>
        tagOf(
          core.moveMessages(calling(principals.bob), {
            ...of,
            messageIds: [MessageId(1)],
            toFolderId: secret,
            operationId: null
          })
        )
      const out = { folderId: inbox, rights: ["l", "t"] }
      assert.strictEqual(yield* move(yield* sharing([out])), "NotFound")
      assert.strictEqual(
        yield* move(yield* sharing([out, { folderId: secret, rights: ["l"] }])),
        "PermissionDenied"
      )
      assert.strictEqual(yield* move(yield* sharing([out, { folderId: secret, rights: ["l", "i"] }])), "ok")
    })
  )

  it.effect("lets nobody make folders at its top by a grant on a folder", () =>
    Effect.gen(function* () {
      const core = yield* sharing([{ folderId: inbox, rights: ["l", "k"] }])
      const make = (parentId: typeof inbox | null) =>
        tagOf(core.createFolder(calling(principals.bob), { ...of, name: "x", parentId, operationId: null }))
      assert.strictEqual(yield* make(inbox), "ok")
      assert.strictEqual(yield* make(null), "PermissionDenied")
    })
  )

  it.effect("is sent from with a grant on the whole mailbox only", () =>
    Effect.gen(function* () {
      const send = (core: CoreMethods) =>
        tagOf(
          core.submit(calling(principals.bob), {
            ...of,
            sender: "",
            recipients: [],
            raw: new Uint8Array(),
            savesInSent: false,
            operationId: null
          })
        )
      assert.strictEqual(
        yield* send(yield* sharing([{ folderId: inbox, rights: ["submit"] }])),
        "PermissionDenied"
      )
      // Let in, it fails on what it asks for.
      assert.strictEqual(
        yield* send(yield* sharing([{ folderId: null, rights: ["submit"] }])),
        "InvalidRequest"
      )
    })
  )

  it.effect("refuses a call that names too many messages before looking at them", () =>
    Effect.gen(function* () {
      const core = yield* sharing([{ folderId: inbox, rights: ["l", "w"] }])
      const ids = Array.from({ length: 5_001 }, (_, n) => n + 1)
      assert.strictEqual(yield* flag(core, principals.bob, { add: "\\Flagged", ids }), "LimitExceeded")
      assert.strictEqual(yield* flag(core, principals.alice, { add: "\\Flagged", ids }), "LimitExceeded")
    })
  )
})
