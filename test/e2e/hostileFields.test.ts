import { join } from "node:path"
import { Code, ConnectError } from "@connectrpc/connect"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Schema, Stream } from "effect"
import type { RpcClient } from "../../src/rpc/client.ts"
import { BodyType } from "../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { FolderRole } from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import { generatedAt, hasHostileInput, naughtyStrings, readJson } from "../support/hostileInput.ts"
import { type Platform, platformHere } from "../support/platform.ts"
import { folderOf, inboxOf, messageOf, rawOf } from "../support/readBack.ts"
import { assertSettled } from "../support/settled.ts"

const Fields = Schema.Struct({ values: Schema.Array(Schema.String) })

/** Refused as the caller's mistake. */
const refusedWith = (error: unknown): string => {
  if (error instanceof ConnectError) return Code[error.code] ?? ""
  return typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "unknown"
}

const callersMistakes = [
  "InvalidRequest",
  "InvalidArgument",
  "NotFound",
  // Names of folders that differ in case only are the same.
  "AlreadyExists",
  "PermissionDenied",
  "LimitExceeded"
]

/** True where the call was taken; false where it was refused as the caller's mistake. Anything else fails the test. */
const isTaken = <A, E>(effect: Effect.Effect<A, E>, what: string) =>
  Effect.map(Effect.either(effect), (outcome) => {
    if (Either.isRight(outcome)) return true
    assert.include(callersMistakes, refusedWith(outcome.left), what)
    return false
  })

const short = (value: string) => JSON.stringify(value.slice(0, 60))

const makeFolder = ({ mailbox, call }: RpcClient, name: string) =>
  isTaken(
    call((signal) => mailbox.createFolder({ name }, { signal })),
    `folder ${short(name)}`
  )

/** Folders are there under the names that were taken, without white space around them, and no others. */
const assertFolders = ({ mailbox, call }: RpcClient, taken: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { folders } = yield* call((signal) => mailbox.listFolders({}, { signal }))
    const made = folders.filter(({ role }) => role === FolderRole.USER).map(({ name }) => name)
    assert.sameMembers(
      made,
      taken.map((name) => name.normalize("NFC").trim())
    )
    return made
  })

const asCategory = (rpc: RpcClient, value: string, messageId: bigint) =>
  Effect.gen(function* () {
    const { mailbox, call } = rpc
    const wish = { messageIds: [messageId], addCategories: [value] }
    const taken = yield* isTaken(
      call((signal) => mailbox.changeFlags(wish, { signal })),
      `category ${short(value)}`
    )
    const { message } = yield* messageOf(rpc, messageId)
    assert.strictEqual(message?.categories.includes(value) ?? false, taken, short(value))
    const undo = { messageIds: [messageId], removeCategories: [value] }
    if (taken) yield* call((signal) => mailbox.changeFlags(undo, { signal }))
    return taken
  })

/** Stored as it is: a line break in a subject is the writer's own header line, and nobody gets the mail for it. */
const asSubject = (rpc: RpcClient, value: string, folderId: bigint) =>
  Effect.gen(function* () {
    const { mailbox, call } = rpc
    const raw = Buffer.from(`From: alice@demo.test\r\nSubject: ${value}\r\n\r\n${value}\r\n`)
    const { messageId } = yield* call((signal) => mailbox.appendMessage({ folderId, raw }, { signal }))
    assert.isTrue((yield* rawOf(rpc, messageId)).equals(raw), short(value))
    yield* messageOf(rpc, messageId)
    yield* call((signal) => mailbox.getBody({ messageId, type: BodyType.TEXT }, { signal }))
  })

/** Fields that name something, where no strange value names anything. */
const asName = (rpc: RpcClient, value: string, messageId: bigint) =>
  Effect.gen(function* () {
    const { mailbox, call, stream } = rpc
    const raw = Buffer.from("From: alice@demo.test\r\n\r\nx\r\n")
    const wishes = {
      part: Stream.runDrain(stream((signal) => mailbox.getPart({ messageId, path: value }, { signal }))),
      page: call((signal) => mailbox.listMessages({ folderId: 1n, pageToken: `!${value}` }, { signal })),
      mailbox: call((signal) => mailbox.getMailbox({ mailboxId: `!${value}` }, { signal })),
      operation: call((signal) =>
        mailbox.changeFlags({ messageIds: [messageId], operationId: ` ${value}` }, { signal })
      ),
      flag: call((signal) =>
        mailbox.changeFlags({ messageIds: [messageId], addFlags: [`\\Seen${value}`] }, { signal })
      ),
      sender: call((signal) =>
        mailbox.submit({ sender: value, recipients: ["bob@demo.test"], raw }, { signal })
      ),
      recipient: call((signal) =>
        mailbox.submit({ sender: "alice@demo.test", recipients: [`bob${value}@demo.test`], raw }, { signal })
      )
    }
    for (const [name, wish] of Object.entries(wishes)) {
      assert.isFalse(yield* isTaken(wish, `${name} ${short(value)}`), `${name} ${short(value)}`)
    }
  })

/** Directory entries come back as they were given, or were refused. */
const asDirectoryEntry = (platform: Platform, value: string, n: number) =>
  Effect.gen(function* () {
    const { admin, call } = yield* platform.operator
    const address = `injected${n}@demo.test`
    const created = yield* isTaken(
      call((signal) => admin.createUsers({ users: [{ address, displayName: value }] }, { signal })),
      `display name ${short(value)}`
    )
    if (created) {
      const { user } = yield* call((signal) => admin.getUser({ address }, { signal }))
      assert.strictEqual(user?.displayName, value)
    }
    const tenant = yield* isTaken(
      call((signal) => admin.createTenant({ name: `t${value}` }, { signal })),
      `tenant ${short(value)}`
    )
    const { tenants } = yield* call((signal) => admin.listTenants({ pageSize: 500 }, { signal }))
    assert.strictEqual(tenants.filter(({ name }) => name === `t${value}`).length, tenant ? 1 : 0)
    const bad = { users: [{ address: `${value}@demo.test\r\nx`, displayName: "" }] }
    assert.isFalse(
      yield* isTaken(
        call((signal) => admin.createUsers(bad, { signal })),
        "address"
      )
    )
  }).pipe(Effect.scoped)

/** Every log line is one JSON array of ours: nothing that came in began a line of its own. */
const assertLogsWhole = (platform: Platform) =>
  Effect.map(platform.logs, (logs) => {
    for (const line of logs.split("\n").filter((text) => text !== "")) {
      assert.doesNotThrow(() => JSON.parse(line))
      assert.notInclude(line, "evil@example.test")
    }
  })

describe.skipIf(!hasHostileInput)(
  "strings made to break out of a field (need ../shared/corpus)",
  { timeout: 120_000 },
  () => {
    it.scopedLive("come back as they went in, or are refused; they do nothing", () =>
      Effect.gen(function* () {
        const folder = yield* generatedAt(0.01)
        const { values } = readJson(join(folder, "injection", "fields.json"), Fields)
        assert.isAbove(values.length, 10)
        const platform = yield* platformHere()
        const rpc = yield* platform.client("alice@demo.test")
        const drafts = yield* folderOf(rpc, FolderRole.DRAFTS)
        const { messageId } = yield* rpc.call((signal) =>
          rpc.mailbox.appendMessage({ folderId: drafts, raw: Buffer.from("Subject: x\r\n\r\n") }, { signal })
        )
        const folders: Array<string> = []
        for (const [n, value] of values.entries()) {
          if (yield* makeFolder(rpc, value)) folders.push(value)
          yield* asCategory(rpc, value, messageId)
          yield* asSubject(rpc, value, drafts)
          yield* asName(rpc, value, messageId)
          yield* asDirectoryEntry(platform, value, n)
        }
        yield* assertFolders(rpc, folders)
        for (const address of ["alice@demo.test", "bob@demo.test"]) {
          assert.deepStrictEqual(yield* inboxOf(yield* platform.client(address)), [])
        }
        const sent = "SELECT type FROM queue.tasks WHERE type IN ('mail_ingest', 'send')"
        assert.deepStrictEqual(yield* platform.query(sent), [])
        yield* assertLogsWhole(platform)
        yield* assertSettled(platform)
      })
    )

    it.scopedLive("are no trouble as names of folders and categories, whatever others choked on", () =>
      Effect.gen(function* () {
        const platform = yield* platformHere()
        const rpc = yield* platform.client("bob@demo.test")
        const drafts = yield* folderOf(rpc, FolderRole.DRAFTS)
        const { messageId } = yield* rpc.call((signal) =>
          rpc.mailbox.appendMessage({ folderId: drafts, raw: Buffer.from("Subject: x\r\n\r\n") }, { signal })
        )
        const names = [...new Set(naughtyStrings().map((octets) => octets.toString()))]
        const folders = yield* Effect.filter(names, (name) => makeFolder(rpc, name))
        const made = yield* assertFolders(rpc, folders)
        assert.isAbove(folders.length, names.length / 2)
        // What can be a folder's name can be a category; how many a message has is limited.
        const addCategories = made.filter((name) => name.length <= 40).slice(0, 100)
        yield* rpc.call((signal) =>
          rpc.mailbox.changeFlags({ messageIds: [messageId], addCategories }, { signal })
        )
        const { message } = yield* messageOf(rpc, messageId)
        assert.sameMembers(message?.categories ?? [], addCategories)
        yield* assertLogsWhole(platform)
        yield* assertSettled(platform)
      })
    )
  }
)
