import { Deferred, Effect } from "effect"
import type { Answer, Command, Request } from "../../../src/protocols/activesync/Command.ts"
import { type Element, element, type Tag } from "../../../src/protocols/activesync/wbxml/element.ts"
import { toXml } from "./wbxml.ts"

export const folderSyncOf = (key: string | number): Element =>
  element("FolderHierarchy:FolderSync", element("FolderHierarchy:SyncKey", key))

/** What FolderSync answers of a mailbox with so many folders. */
export const foldersAnswer = (folders = 12): Answer => ({
  _tag: "Document",
  document: element(
    "FolderHierarchy:FolderSync",
    element("FolderHierarchy:Status", 1),
    element("FolderHierarchy:SyncKey", 1),
    element(
      "FolderHierarchy:Changes",
      element("FolderHierarchy:Count", folders),
      Array.from({ length: folders }, (_, index) =>
        element(
          "FolderHierarchy:Add",
          element("FolderHierarchy:ServerId", index + 1),
          element("FolderHierarchy:ParentId", 0),
          element("FolderHierarchy:DisplayName", `Folder ${index}`),
          element("FolderHierarchy:Type", 12)
        )
      )
    )
  )
})

export const pingAnswer = (status: number): Answer => ({
  _tag: "Document",
  document: element("Ping:Ping", element("Ping:Status", status))
})

/** Answers the same, and keeps what it was asked. */
export const recorder = (
  answer: Answer
): { readonly command: Command; readonly requests: ReadonlyArray<Request> } => {
  const requests: Array<Request> = []
  return {
    requests,
    command: (request) =>
      Effect.sync(() => {
        requests.push(request)
        return answer
      })
  }
}

/** Is parked until the device goes, or something takes its place: Status 1, as at the end of its time. */
export const parkedPing =
  (parked?: Deferred.Deferred<void>): Command =>
  ({ gone }) =>
    Effect.zipRight(
      parked === undefined ? Effect.void : Deferred.succeed(parked, undefined),
      Effect.as(gone, pingAnswer(1))
    )

/** The document of an answer as text, for comparison. */
export const xmlOf = ({ document }: { readonly document: Element | null }): string =>
  document === null ? "" : toXml(document)

/** A document of nothing but a status. */
export const statusXml = (root: Tag, status: number): string =>
  `<${root}>\n  <Status>${status}</Status>\n</${root}>`
