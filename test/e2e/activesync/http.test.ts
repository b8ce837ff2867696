import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { phoneAt } from "../../support/activesync/client.ts"
import {
  deviceInformation,
  policyKey,
  policyWanted,
  provisionStatus
} from "../../support/activesync/documents.ts"
import { ask, folderIds, readyAt, statusOf, syncOne } from "../../support/activesync/handset.ts"
import { Running } from "../../support/activesync/running.ts"

const letter = Buffer.from(
  [
    "From: Sender <sender@elsewhere.test>",
    "To: alice@demo.test",
    "Subject: with a file",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "Text.",
    "--b",
    'Content-Type: text/plain; name="a.txt"',
    'Content-Disposition: attachment; filename="a.txt"',
    "",
    "The attachment.",
    "--b--",
    ""
  ].join("\r\n")
)

const putLetter = Effect.scoped(
  Effect.gen(function* () {
    const platform = yield* Running
    const { mailbox, call } = yield* platform.client("alice@demo.test")
    const put = call((signal) => mailbox.appendMessage({ folderId: 1n, raw: letter }, { signal }))
    return String((yield* Effect.orDie(put)).messageId)
  })
)

const queries = ["plain", "base64"] as const
let phones = 0
const phone = (options: Parameters<typeof phoneAt>[1] = {}) =>
  Effect.flatMap(Running, (platform) => phoneAt(platform, { deviceId: `HTTP${++phones}`, ...options }))

const fetchOf = (serverId: string) =>
  element(
    "ItemOperations:ItemOperations",
    element(
      "ItemOperations:Fetch",
      element("ItemOperations:Store", "Mailbox"),
      element("AirSync:CollectionId", folderIds.inbox),
      element("AirSync:ServerId", serverId),
      element("ItemOperations:Options", element("AirSyncBase:BodyPreference", element("AirSyncBase:Type", 1)))
    )
  )

layer(Running.layer(), { timeout: "60 seconds" })("MS-ASHTTP over the commands", (it) => {
  describe("parameters of commands", () => {
    it.scoped(
      "MSASHTTP_S01_TC03_CommandParameter_AttachmentName_Base64, MSASHTTP_S01_TC04_CommandParameter_AttachmentName_PlainText",
      () =>
        Effect.gen(function* () {
          const id = yield* putLetter
          for (const query of queries) {
            const answer = yield* (yield* phone({ version: "12.1", query })).ask("GetAttachment", null, {
              attachmentName: `${id}:2`
            })
            assert.strictEqual(answer.code, 200, query)
            assert.match(answer.headers["content-type"] ?? "", /^text\/plain/)
            assert.include(answer.body.toString(), "The attachment.")
          }
        })
    )
  })

  describe("command codes", () => {
    it.scoped("MSASHTTP_S01_TC11_CommandCode_FolderRelatedCommands", () =>
      Effect.gen(function* () {
        const handset = yield* readyAt(yield* Running, { deviceId: `HTTP${++phones}`, query: "base64" })
        const folder = (
          command: "FolderCreate" | "FolderUpdate" | "FolderDelete",
          ...rest: Array<ReturnType<typeof element>>
        ) =>
          Effect.map(
            ask(
              handset,
              command,
              element(
                `FolderHierarchy:${command}`,
                element("FolderHierarchy:SyncKey", handset.hierarchyKey),
                rest
              )
            ),
            (document) => {
              assert.strictEqual(statusOf(document), "1", command)
              const text = (tag: string) =>
                document?.children.flatMap((child) =>
                  typeof child === "object" && "tag" in child && child.tag === tag ? child.children : []
                )[0]
              handset.hierarchyKey = String(text("FolderHierarchy:SyncKey"))
              return String(text("FolderHierarchy:ServerId"))
            }
          )
        const id = yield* folder(
          "FolderCreate",
          element("FolderHierarchy:ParentId", 0),
          element("FolderHierarchy:DisplayName", "by code"),
          element("FolderHierarchy:Type", 12)
        )
        yield* folder(
          "FolderUpdate",
          element("FolderHierarchy:ServerId", id),
          element("FolderHierarchy:ParentId", 0),
          element("FolderHierarchy:DisplayName", "renamed")
        )
        yield* folder("FolderDelete", element("FolderHierarchy:ServerId", id))
      })
    )

    it.scoped("MSASHTTP_S01_TC12_CommandCode_ItemRelatedCommands", () =>
      Effect.gen(function* () {
        const id = yield* putLetter
        const handset = yield* readyAt(yield* Running, { deviceId: `HTTP${++phones}`, query: "base64" })
        yield* syncOne(handset, folderIds.inbox)
        const ping = element(
          "Ping:Ping",
          element("Ping:HeartbeatInterval", 600),
          element(
            "Ping:Folders",
            element("Ping:Folder", element("Ping:Id", folderIds.inbox), element("Ping:Class", "Email"))
          )
        )
        assert.strictEqual(statusOf(yield* ask(handset, "Ping", ping)), "2")
        assert.strictEqual(statusOf(yield* ask(handset, "ItemOperations", fetchOf(id))), "1")
        const move = element(
          "Move:MoveItems",
          element(
            "Move:Move",
            element("Move:SrcMsgId", id),
            element("Move:SrcFldId", folderIds.inbox),
            element("Move:DstFldId", folderIds.drafts)
          )
        )
        const moved = yield* handset.phone.ask("MoveItems", move)
        assert.include(JSON.stringify(moved.document), '{"tag":"Move:Status","children":["3"]}')
      })
    )

    it.scoped(
      "MSASHTTP_S01_TC13_CommandCode_UserRelatedCommands, MSASHTTP_S01_TC14_CommandCode_ValidateCert",
      () =>
        Effect.gen(function* () {
          const by = yield* phone({ query: "base64" })
          const asked = [
            [
              "Settings",
              element("Settings:Settings", element("Settings:UserInformation", element("Settings:Get")))
            ],
            [
              "ResolveRecipients",
              element("ResolveRecipients:ResolveRecipients", element("ResolveRecipients:To", "bob@demo.test"))
            ],
            [
              "ValidateCert",
              element(
                "ValidateCert:ValidateCert",
                element("ValidateCert:Certificates", element("ValidateCert:Certificate", "AAAA"))
              )
            ]
          ] as const
          for (const [command, document] of asked) {
            assert.strictEqual(statusOf((yield* by.ask(command, document)).document), "1", command)
          }
        })
    )
  })

  describe("optional headers", () => {
    it.scoped("MSASHTTP_S03_TC01_SetASAcceptMultiPartRequestHeader", () =>
      Effect.gen(function* () {
        const id = yield* putLetter
        for (const query of queries) {
          const inline = yield* phone({ query })
          const one = yield* inline.ask("ItemOperations", fetchOf(id))
          assert.strictEqual(one.headers["content-type"], "application/vnd.ms-sync.wbxml")
          const several = yield* inline.but({ multipart: true }).ask("ItemOperations", fetchOf(id))
          assert.strictEqual(several.headers["content-type"], "application/vnd.ms-sync.multipart")
          assert.include(String(several.parts[0]), "Text.")
        }
      })
    )

    it.scoped("MSASHTTP_S03_TC02_SetUserAgentRequestHeader", () =>
      Effect.gen(function* () {
        const one = yield* phone()
        for (const userAgent of ["ASOM", "ASOM/2", ""]) {
          const handset = yield* readyAt(yield* Running, { ...one.options, userAgent })
          assert.isNotEmpty(handset.hierarchyKey)
        }
      })
    )

    it.scoped("MSASHTTP_S03_TC03_SetPolicyKeyRequestHeader", () =>
      Effect.gen(function* () {
        for (const query of queries) {
          const fresh = yield* phone({ query })
          const offered = yield* fresh
            .but({ policyKey: "0" })
            .ask("Provision", policyWanted(undefined, deviceInformation()))
          assert.strictEqual(provisionStatus(offered.document), "1", query)
          const keyed = fresh.but({ policyKey: policyKey(offered.document) ?? "0" })
          const again = yield* keyed.ask("Provision", policyWanted(undefined, deviceInformation()))
          assert.strictEqual(provisionStatus(again.document), "1", query)
        }
      })
    )
  })
})
