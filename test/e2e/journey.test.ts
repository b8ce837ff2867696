import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import type { RpcClient } from "../../src/rpc/client.ts"
import { BodyType } from "../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { FolderRole } from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import {
  addPeople,
  everythingOf,
  letter,
  makeMarks,
  misbehave,
  secrets,
  subjectsIn
} from "../support/journeySteps.ts"
import type { Platform } from "../support/platform.ts"
import { type PlatformProcess, platformProcess } from "../support/platformProcess.ts"
import { folderOf, inboxOf, withoutTrace, rawOf } from "../support/readBack.ts"
import { assertSettled } from "../support/settled.ts"
import { type Watched, watch } from "../support/watching.ts"

type Marks = ReturnType<typeof makeMarks>

const letters = 30

const headOf = ({ mailbox, call }: RpcClient, { mark }: Marks) =>
  Effect.map(
    call((signal) => mailbox.getMailbox({}, mark("GetMailbox")(signal))),
    ({ modSeq }) => Number(modSeq)
  )

/** Delivers one letter after the other and measures from each `250` until the watcher was told. */
const receive = (
  platform: Platform,
  { watched, head }: { readonly watched: Watched; readonly head: number }
) =>
  Effect.gen(function* () {
    const smtp = yield* platform.smtp
    const latencies: Array<number> = []
    for (let n = 1; n <= letters; n++) {
      const reply = yield* smtp.deliver({ to: [secrets.dora], bytes: letter(n) })
      assert.match(reply, /^250 2\.0\.0/)
      const accepted = yield* Clock.currentTimeNanos
      yield* watched.until(head + n)
      latencies.push(Number((yield* Clock.currentTimeNanos) - accepted) / 1e6)
    }
    return latencies.sort((a, b) => a - b)
  })

const percentile = (sorted: ReadonlyArray<number>, share: number): string =>
  (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1)

/** Opens the newest message in every form. */
const read = (rpc: RpcClient, { mark }: Marks, messageId: bigint) =>
  Effect.gen(function* () {
    const { mailbox, call, stream } = rpc
    const { message, parts } = yield* call((signal) =>
      mailbox.getMessage({ messageId }, mark("GetMessage")(signal))
    )
    assert.strictEqual(message?.subject, `${secrets.subject} ${letters}`)
    assert.strictEqual(message.from[0]?.address, secrets.stranger)
    assert.isTrue(message.hasAttachments)
    const [file] = parts.filter(({ disposition }) => disposition === "attachment")
    assert.strictEqual(file?.fileName, secrets.fileName)
    const pieces: Array<Uint8Array> = []
    yield* stream((signal) =>
      mailbox.getPart({ messageId, path: file?.path ?? "" }, mark("GetPart")(signal))
    ).pipe((all) => Effect.map(collect(all), (found) => pieces.push(...found)))
    assert.strictEqual(Buffer.concat(pieces).toString(), secrets.attachment)
    const body = (type: BodyType) =>
      Effect.map(
        call((signal) => mailbox.getBody({ messageId, type }, mark("GetBody")(signal))),
        ({ content }) => content.trim()
      )
    assert.strictEqual(yield* body(BodyType.TEXT), secrets.text)
    assert.strictEqual(yield* body(BodyType.HTML), `<p>${secrets.text}</p>`)
    assert.strictEqual(yield* body(BodyType.PREVIEW), secrets.text)
    assert.isTrue(withoutTrace(yield* rawOf(rpc, messageId)).bytes.equals(letter(letters)))
  })

/** Flags, folders, moves, copies, deletes; what is left is asserted at the end. */
const tidyUp = (rpc: RpcClient, { mark }: Marks, ids: ReadonlyArray<bigint>) =>
  Effect.gen(function* () {
    const { mailbox, call } = rpc
    const [first = 0n, second = 0n, third = 0n, fourth = 0n] = ids
    const inbox = yield* folderOf(rpc, FolderRole.INBOX)
    yield* call((signal) =>
      mailbox.changeFlags(
        { messageIds: [first], addFlags: ["\\Seen", "\\Flagged"], addCategories: [secrets.category] },
        mark("ChangeFlags")(signal)
      )
    )
    const { folderId } = yield* call((signal) =>
      mailbox.createFolder({ name: secrets.folder }, mark("CreateFolder")(signal))
    )
    const { folderId: inner } = yield* call((signal) =>
      mailbox.createFolder({ name: secrets.folder }, mark("CreateFolder")(signal))
        .catch(() => mailbox.createFolder({ name: secrets.folder, parentId: folderId }, mark("CreateFolder")(signal)))
    )
    yield* call((signal) =>
      mailbox.renameFolder({ folderId, name: secrets.renamed }, mark("RenameFolder")(signal))
    )
    yield* call((signal) =>
      mailbox.moveMessages({ messageIds: [first, second], toFolderId: folderId }, mark("MoveMessages")(signal))
    )
    const { copyIds } = yield* call((signal) =>
      mailbox.copyMessages({ messageIds: [first], toFolderId: inner }, mark("CopyMessages")(signal))
    )
    assert.strictEqual(copyIds.length, 1)
    yield* call((signal) => mailbox.moveFolder({ folderId: inner }, mark("MoveFolder")(signal)))
    yield* call((signal) => mailbox.markAllRead({ folderId }, mark("MarkAllRead")(signal)))
    yield* call((signal) =>
      mailbox.deleteMessages({ messageIds: [third, fourth] }, mark("DeleteMessages")(signal))
    )
    yield* call((signal) =>
      mailbox.expungeMessages({ messageIds: [fourth] }, mark("ExpungeMessages")(signal))
    )
    yield* call((signal) => mailbox.deleteFolder({ folderId: inner }, mark("DeleteFolder")(signal)))
    const { folders } = yield* call((signal) => mailbox.listFolders({}, mark("ListFolders")(signal)))
    const found = (id: bigint) => folders.find((folder) => folder.id === id)
    assert.deepInclude(found(folderId), { name: secrets.renamed, total: 2n, unread: 0n })
    const deleted = folders.find(({ role }) => role === FolderRole.DELETED)
    assert.strictEqual(found(inner)?.parentId, deleted?.id)
    assert.strictEqual(deleted?.total, 1n)
    assert.strictEqual(found(inbox)?.total, BigInt(letters - 4))
    return folderId
  })
