import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { NotAllowed, NotFound } from "../../../src/domain/errors.ts"
import type { Folder } from "../../../src/domain/Folder.ts"
import { FolderId, ModSeq, Uid } from "../../../src/domain/ids.ts"
import type { ProtocolVersion, Request } from "../../../src/protocols/activesync/Command.ts"
import type { OperationsCore } from "../../../src/protocols/activesync/commands/itemOperations/outcome.ts"
import { itemOperations } from "../../../src/protocols/activesync/commands/itemOperations.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import type { Applied } from "../../../src/rpc/Core.ts"
import { request } from "./request.ts"
import { type StoredMail, storedMail } from "./storedMail.ts"
import { fromXml, toXml } from "./wbxml.ts"

export const folder = (id: number, parentId: number | null, role: Folder["role"] = "user"): Folder => ({
  id: FolderId(id),
  parentId: parentId === null ? null : FolderId(parentId),
  name: `folder ${id}`,
  role,
  uidValidity: 1,
  uidNext: Uid(1),
  total: 0,
  unread: 0,
  sizeBytes: 0,
  highestModSeq: ModSeq(0)
})

const applied: Applied = {
  modSeq: ModSeq(1),
  missing: [],
  added: [],
  folderId: null,
  more: false,
  isDuplicate: false
}

/** Folder 1 is the Inbox with folder 8 in it, 2 Drafts; what was asked of Core is written down. */
export const operationsWorld = Effect.gen(function* () {
  const mail: StoredMail = yield* storedMail
  const asked: Array<string> = []
  const folders = [folder(1, null, "inbox"), folder(2, null, "drafts"), folder(8, 1)]
  const known = (folderId: FolderId) => folders.some(({ id }) => id === folderId)
  const core: OperationsCore = {
    ...mail.core,
    listFolders: () => Effect.succeed({ folders, modSeq: ModSeq(1) }),
    emptyFolder: (_, { folderId, permanently }) =>
      Effect.suspend(() => {
        asked.push(`empty ${folderId} ${permanently}`)
        return known(folderId)
          ? Effect.succeed({ ...applied, more: asked.length < 2 })
          : new NotFound({ what: "folder" })
      }),
    deleteFolder: (_, { folderId }) => {
      asked.push(`delete ${folderId}`)
      return folderId === 8 ? Effect.succeed(applied) : new NotAllowed({ message: "no" })
    },
    moveThread: (_, { threadId, toFolderId }) => {
      asked.push(`move ${threadId} to ${toFolderId}`)
      if (!known(toFolderId)) return new NotFound({ what: "folder" })
      const isKnown = [...mail.messages.values()].some((message) => message.threadId === threadId)
      return isKnown ? Effect.succeed(applied) : new NotFound({ what: "message" })
    }
  }
  return { mail, core, asked, folders }
})

interface Given {
  readonly version?: ProtocolVersion
  readonly acceptsMultipart?: boolean
  readonly contentBytes?: number
}

export const requestOf = (
  operations: string,
  { version = "16.1", acceptsMultipart = false }: Given
): Request =>
  request({
    command: "ItemOperations",
    version,
    acceptsMultipart,
    document: fromXml(`<ItemOperations:ItemOperations>${operations}</ItemOperations:ItemOperations>`)
  })

/** Runs ItemOperations and keeps every answer for the linter. */
export const operationsRunner = (responses: Array<Uint8Array>) => {
  const run = (core: OperationsCore, operations: string, given: Given = {}) =>
    Effect.gen(function* () {
      const command = itemOperations(core, { contentBytes: given.contentBytes ?? 1_000_000 })
      const answer = yield* command(requestOf(operations, given))
      if (answer._tag !== "Document" && answer._tag !== "Multipart") return assert.fail(answer._tag)
      responses.push(encode(answer.document))
      return { xml: toXml(answer.document), parts: answer._tag === "Multipart" ? answer.parts : [] }
    })
  /** All statuses in the order of the answer: first of the whole. */
  const statuses = (core: OperationsCore, operations: string, given: Given = {}) =>
    Effect.map(run(core, operations, given), ({ xml }) =>
      [...xml.matchAll(/<(?:ItemOperations:)?Status>(\d+)</g)].map(([, status]) => Number(status))
    )
  return { run, statuses }
}
