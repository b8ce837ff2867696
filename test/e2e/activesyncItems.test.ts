import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schedule } from "effect"
import { MailboxId, ThreadId } from "../../src/domain/ids.ts"
import type { ProtocolVersion } from "../../src/protocols/activesync/Command.ts"
import { conversationIdOf } from "../../src/protocols/activesync/content/conversation.ts"
import { FolderRole } from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import { type Phone, phoneAt } from "../support/activesync/client.ts"
import { fromXml, toXml } from "../support/activesync/wbxml.ts"
import { type Platform, platformHere } from "../support/platform.ts"

class Running extends Context.Tag("test/Running")<Running, Platform>() {}
/** What all of them are answered is linted at once. */
class AnyPhone extends Context.Tag("test/AnyPhone")<AnyPhone, Phone>() {}

const layerRunning = Layer.scoped(
  AnyPhone,
  Effect.flatMap(Running, (platform) => phoneAt(platform))
).pipe(Layer.provideMerge(Layer.scoped(Running, platformHere())))

/** Alice's mailbox by gRPC, and her phone. */
const world = Effect.gen(function* () {
  const platform = yield* Running
  const phone = yield* AnyPhone
  const { mailbox, call } = yield* platform.client("alice@demo.test")
  const { folders, mailboxId } = yield* call(async (signal) => ({
    folders: (await mailbox.listFolders({}, { signal })).folders,
    mailboxId: (await mailbox.getMailbox({}, { signal })).mailboxId
  }))
  const byRole = (role: FolderRole) => folders.find((folder) => folder.role === role)?.id ?? 0n
  const append = (folderId: bigint, raw: string) =>
    Effect.map(
      call((signal) => mailbox.appendMessage({ folderId, raw: Buffer.from(raw) }, { signal })),
      ({ messageId }) => messageId
    )
  const folder = (name: string, parentId?: bigint) =>
    Effect.map(
      call((signal) =>
        mailbox.createFolder({ name, ...(parentId === undefined ? {} : { parentId }) }, { signal })
      ),
      ({ folderId }) => folderId
    )
  const idsIn = (folderId: bigint) =>
    Effect.map(
      call((signal) => mailbox.listMessages({ folderId }, { signal })),
      ({ messages }) => messages.map(({ id }) => id)
    )
  const folderIds = Effect.map(
    call((signal) => mailbox.listFolders({}, { signal })),
    (listed) => listed.folders.map(({ id }) => id)
  )
  return { platform, phone, mailboxId: MailboxId(mailboxId), byRole, append, folder, idsIn, folderIds }
})

const ask = (phone: Phone, operations: string) =>
  Effect.map(
    phone.ask(
      "ItemOperations",
      fromXml(`<ItemOperations:ItemOperations>${operations}</ItemOperations:ItemOperations>`)
    ),
    (answer) => ({ ...answer, xml: answer.document === null ? "" : toXml(answer.document) })
  )

const statusesIn = (xml: string) => [...xml.matchAll(/Status>(\d+)</g)].map(([, status]) => Number(status))

const item = (folderId: bigint, id: bigint, options = "") =>
  `<Fetch><Store>Mailbox</Store><AirSync:CollectionId>${folderId}</AirSync:CollectionId><AirSync:ServerId>${id}</AirSync:ServerId>${options}</Fetch>`

const withFile =
  "From: Eve <eve@x.test>\r\nSubject: file\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n"

const versions: ReadonlyArray<ProtocolVersion> = ["12.1", "14.0", "14.1", "16.0", "16.1"]

layer(layerRunning, { excludeTestServices: true, timeout: 120_000 })("items on a phone", (it) => {
  it.scoped(
    "MSASCMD_S08_TC05, MSASCMD_S08_TC07: are fetched in every version, in one document and in parts",
    () =>
      Effect.gen(function* () {
        const { phone, byRole, append } = yield* world
        const inbox = byRole(FolderRole.INBOX)
        const id = yield* append(inbox, withFile)
        for (const version of versions) {
          const one = yield* ask(phone.but({ version }), item(inbox, id))
          assert.include(one.xml, "<Data>text</Data>")
          assert.include(one.xml, `<FileReference>${id}:2</FileReference>`)
          const file = `<Fetch><Store>Mailbox</Store><AirSyncBase:FileReference>${id}:2</AirSyncBase:FileReference></Fetch>`
          const several = yield* ask(phone.but({ version, multipart: true }), item(inbox, id) + file)
          assert.deepStrictEqual(several.parts, [Buffer.from("text"), Buffer.from([0, 1, 2])])
          assert.deepStrictEqual(statusesIn(several.xml), [1, 1, 1])
        }
      })
  )

  it.scoped(
    "MSASCMD_S06_TC01, MSASCMD_S06_TC02: give their attachments to GetAttachment until the message is gone",
    () =>
      Effect.gen(function* () {
        const { phone, byRole, append } = yield* world
        const id = yield* append(byRole(FolderRole.INBOX), withFile)
        for (const query of ["plain", "base64"] as const) {
          const old = phone.but({ version: "12.1", query })
          const found = yield* old.ask("GetAttachment", null, { attachmentName: `${id}:2` })
          assert.deepStrictEqual(
            [found.code, found.headers["content-type"], [...found.body]],
            [200, "image/png", [0, 1, 2]]
          )
          const gone = yield* old.ask("GetAttachment", null, { attachmentName: "999999:2" })
          assert.strictEqual(gone.code, 500)
        }
      })
  )

  it.scoped(
    "MSASCMD_S08_TC01, MSASCMD_S08_TC10: leave a folder that is emptied; its folders only where that is wanted",
    () =>
      Effect.gen(function* () {
        const { phone, byRole, append, folder, idsIn, folderIds } = yield* world
        const full = yield* folder("Full")
        const below = yield* folder("Below", full)
        const kept = yield* append(below, withFile)
        const thrown = yield* append(full, withFile)
        const empty = (options = "") =>
          `<EmptyFolderContents><AirSync:CollectionId>${full}</AirSync:CollectionId>${options}</EmptyFolderContents>`
        assert.deepStrictEqual(statusesIn((yield* ask(phone, empty())).xml), [1, 1])
        assert.deepStrictEqual(yield* idsIn(full), [])
        assert.deepStrictEqual(yield* idsIn(below), [kept])
        assert.include(yield* idsIn(byRole(FolderRole.DELETED)), thrown)
        const deep = yield* ask(phone, empty("<Options><DeleteSubFolders/></Options>"))
        assert.deepStrictEqual(statusesIn(deep.xml), [1, 1])
        const deleted = `<EmptyFolderContents><AirSync:CollectionId>${byRole(FolderRole.DELETED)}</AirSync:CollectionId><Options><DeleteSubFolders/></Options></EmptyFolderContents>`
        assert.deepStrictEqual(statusesIn((yield* ask(phone, deleted)).xml), [1, 1])
        assert.deepStrictEqual(yield* idsIn(byRole(FolderRole.DELETED)), [])
        assert.notInclude(yield* folderIds, below)
      })
  )

  it.scoped(
    "MSASCON_S03_TC01, MSASCON_S03_TC02: move with their conversation, those to come too, but for what was sent",
    () =>
      Effect.gen(function* () {
        const { platform, phone, mailboxId, byRole, append, folder, idsIn } = yield* world
        const mail = (id: string, refers: string) =>
          `From: bob@x.test\r\nTo: alice@demo.test\r\nSubject: Re: moving\r\nMessage-ID: <${id}@moving.test>\r\n${refers}\r\ntext`
        const first = yield* append(byRole(FolderRole.INBOX), mail("1", ""))
        const sent = yield* append(byRole(FolderRole.SENT), mail("2", "In-Reply-To: <1@moving.test>\r\n"))
        const target = yield* folder("Moved for good")
        const conversation = Buffer.from(conversationIdOf(mailboxId, ThreadId(Number(first)))).toString(
          "base64"
        )
        const { xml } = yield* ask(
          phone,
          `<Move><ConversationId>${conversation}</ConversationId><DstFldId>${target}</DstFldId><Options><MoveAlways/></Options></Move>`
        )
        assert.deepStrictEqual(statusesIn(xml), [1, 1])
        assert.include(xml, `<ConversationId>${conversation}</ConversationId>`)
        assert.deepStrictEqual(yield* idsIn(target), [first])
        assert.include(yield* idsIn(byRole(FolderRole.SENT)), sent)
        const smtp = yield* platform.smtp
        yield* smtp.deliver({
          to: ["alice@demo.test"],
          bytes: Buffer.from(mail("3", "References: <1@moving.test> <2@moving.test>\r\n"))
        })
        const arrived = yield* idsIn(target).pipe(
          Effect.filterOrFail((ids) => ids.length === 2),
          Effect.retry(Schedule.spaced("100 millis")),
          Effect.timeout("60 seconds"),
          Effect.orDie
        )
        assert.strictEqual(arrived.at(-1), first)
      })
  )
})
