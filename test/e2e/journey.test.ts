import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Stream } from "effect"
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
import { folderOf, inboxOf, rawOf, withoutTrace } from "../support/readBack.ts"
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
    assert.strictEqual(message?.from[0]?.address, secrets.stranger)
    assert.isTrue(message?.hasAttachments)
    const [file] = parts.filter(({ disposition }) => disposition === "attachment")
    assert.strictEqual(file?.fileName, secrets.fileName)
    const path = file?.path ?? ""
    const pieces = yield* Stream.runCollect(
      stream((signal) => mailbox.getPart({ messageId, path }, mark("GetPart")(signal)))
    )
    assert.strictEqual(Buffer.concat([...pieces].map(({ data }) => data)).toString(), secrets.attachment)
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
      mailbox.createFolder({ name: secrets.folder, parentId: folderId }, mark("CreateFolder")(signal))
    )
    yield* call((signal) =>
      mailbox.renameFolder({ folderId, name: secrets.renamed }, mark("RenameFolder")(signal))
    )
    yield* call((signal) =>
      mailbox.moveMessages(
        { messageIds: [first, second], toFolderId: folderId },
        mark("MoveMessages")(signal)
      )
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

/** Keeps a draft, sends it to a friend here and to a stranger elsewhere. */
const write = (rpc: RpcClient, { mark }: Marks) =>
  Effect.gen(function* () {
    const { mailbox, call } = rpc
    const raw = Buffer.from(
      `From: ${secrets.dora}\r\nTo: ${secrets.erik}\r\nSubject: ${secrets.draft}\r\n\r\n${secrets.text}\r\n`
    )
    const drafts = yield* folderOf(rpc, FolderRole.DRAFTS)
    const draft = yield* call((signal) =>
      mailbox.appendMessage({ folderId: drafts, raw, flags: ["\\Draft"] }, mark("AppendMessage")(signal))
    )
    assert.isTrue((yield* rawOf(rpc, draft.messageId)).equals(raw))
    const wish = {
      sender: secrets.dora,
      recipients: [secrets.erik, secrets.stranger],
      raw,
      operationId: "send-once"
    }
    const sent = yield* call((signal) => mailbox.submit(wish, mark("Submit")(signal)))
    assert.deepInclude(sent, { localRecipients: 1, remoteRecipients: 1 })
    // A client that lost the answer asks again; nothing is sent again.
    yield* call((signal) => mailbox.submit(wish, mark("Submit")(signal)))
  })

/** One task waits for a sender that does not exist yet. */
const assertOneIsToBeSent = (platform: Platform) =>
  Effect.gen(function* () {
    const rows = yield* platform.query<{ payload: { recipients: ReadonlyArray<string> } }>(
      "SELECT payload FROM queue.tasks WHERE type = 'send' AND status = 'queued'"
    )
    assert.deepStrictEqual(
      rows.map(({ payload }) => payload.recipients),
      [[secrets.stranger]]
    )
    yield* assertSettled(platform, 1)
  })

/** Each call stands in the trail once, under its own id and name, and so does what it led to. */
const assertAudited = (platform: Platform, { calls }: Marks) =>
  Effect.gen(function* () {
    const rows = yield* platform.query<{ correlation_id: string; action: string }>(
      "SELECT correlation_id, action FROM audit.events WHERE correlation_id LIKE 'journey-%'"
    )
    const trail = rows.map(({ correlation_id, action }) => [correlation_id, action] as const)
    const submits = [...calls].filter(([, action]) => action === "MailboxService/Submit")
    // The first Submit delivered to the friend; its repetition had nothing to do.
    const delivered = submits.slice(0, 1).map(([id]) => [id, "MailboxService/Deliver"] as const)
    assert.isAbove(calls.size, 20)
    assert.sameDeepMembers(trail, [...calls, ...delivered])
  })

/** I9: nothing that people wrote, and nobody's address, is where operators look every day. */
const assertDiscreet = (platform: PlatformProcess) =>
  Effect.gen(function* () {
    const seen = [yield* platform.logs, yield* platform.metrics].join("\n")
    for (const word of ["Postroom is ready", "applying migration", "smtp_messages_total"]) {
      assert.include(seen, word, "logs and metrics were really looked at")
    }
    const found = Object.entries(secrets).filter(([, secret]) => seen.includes(secret))
    assert.deepStrictEqual(found, [])
    const details = yield* platform.query<{ trail: string }>(
      "SELECT coalesce(string_agg(to_jsonb(e)::text, ' '), '') AS trail FROM audit.events AS e"
    )
    for (const word of [
      secrets.subject,
      secrets.text,
      secrets.fileName,
      secrets.attachment,
      secrets.folder
    ]) {
      assert.notInclude(details[0]?.trail ?? "", word)
    }
  })

describe("a day with Postroom", () => {
  it.scopedLive(
    "mail is received, seen at once, read, filed, thrown away, written and sent; a restart loses nothing; nobody is told who did not ask",
    () =>
      Effect.gen(function* () {
        const platform = yield* platformProcess()
        yield* addPeople(platform)
        const marks = makeMarks()
        const rpc = yield* platform.client(secrets.dora)
        const head = yield* headOf(rpc, marks)
        const watched = yield* watch(platform, secrets.dora)
        const latencies = yield* receive(platform, { watched, head })
        yield* Effect.logInfo(
          `250 to watch over ${letters} letters: p50 ${percentile(latencies, 0.5)} ms, p99 ${percentile(latencies, 0.99)} ms`
        )

        const inbox = yield* inboxOf(rpc)
        assert.deepStrictEqual(
          inbox.map(({ subject }) => subject),
          Array.from({ length: letters }, (_, n) => `${secrets.subject} ${letters - n}`)
        )
        const ids = inbox.map(({ id }) => id)
        yield* read(rpc, marks, ids[0] ?? 0n)
        yield* tidyUp(rpc, marks, ids)

        const friend = yield* watch(platform, secrets.erik)
        const erik = yield* platform.client(secrets.erik)
        const friendHead = yield* headOf(erik, marks)
        yield* write(rpc, marks)
        yield* friend.until(friendHead + 1)
        assert.deepStrictEqual(yield* subjectsIn(erik), [secrets.draft])
        yield* assertOneIsToBeSent(platform)
        yield* misbehave(platform)

        const before = yield* everythingOf(platform, secrets.dora)
        yield* watched.until(Number(before.modSeq))
        const ended = yield* platform.kill("SIGTERM")
        assert.strictEqual(ended.signal, null, "it stops by itself")
        yield* platform.restart()
        assert.deepStrictEqual(yield* everythingOf(platform, secrets.dora), before)
        yield* assertOneIsToBeSent(platform)

        const smtp = yield* platform.smtp
        yield* smtp.deliver({ to: [secrets.dora], bytes: letter(letters + 1) })
        yield* watched.until(Number(before.modSeq) + 1)
        assert.deepStrictEqual(
          watched.changes.map(({ modSeq }) => Number(modSeq)),
          watched.changes.map((_, n) => n + 1)
        )
        yield* assertAudited(platform, marks)
        yield* assertDiscreet(platform)
        yield* assertSettled(platform, 1)
      }),
    180_000
  )
})
