import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { ActiveSyncSettings } from "../ActiveSyncConfig.ts"
import { type Answer, type Command, isAtLeast, type Request } from "../Command.ts"
import { itemsCallOf } from "../callOf.ts"
import { type Element, element } from "../wbxml/element.ts"
import { emptyFolderContents } from "./itemOperations/emptyFolder.ts"
import { fetch } from "./itemOperations/fetch.ts"
import { moveConversation } from "./itemOperations/moveConversation.ts"
import { type Operation, readOperations } from "./itemOperations/operations.ts"
import type { Operating, OperationsCore, Outcome } from "./itemOperations/outcome.ts"

/** MS-ASCMD_R7489. */
const maxOperations = 100

/** Fetches items and attachments, empties folders, moves conversations (MS-ASCMD 2.2.1.10), in the device's order. */
export const itemOperations =
  (core: OperationsCore, { contentBytes }: Pick<ActiveSyncSettings, "contentBytes">): Command =>
  (request) =>
    Effect.gen(function* () {
      const operations =
        request.document === null ? undefined : readOperations(request.document, request.version)
      if (operations === undefined || !isSupported(operations, request)) return refused(2)
      if (operations.length > maxOperations) return refused(11)
      const call = itemsCallOf(request)
      const done: Array<Outcome> = []
      let bytesLeft = contentBytes
      let nextPart = 1
      for (const operation of operations) {
        const one = yield* carryOut({ core, call, request, bytesLeft, nextPart }, operation)
        done.push(one)
        bytesLeft -= one.contentBytes
        nextPart += one.parts.length
      }
      return answer(request, done)
    })

/** Conversations came with 14.0 (MS-ASCON 2.2.2). */
const isSupported = (operations: ReadonlyArray<Operation>, { version }: Request): boolean =>
  isAtLeast(version, "14.0") || operations.every(({ _tag }) => _tag !== "Move")

const carryOut = (operating: Operating, operation: Operation): Effect.Effect<Outcome, CoreError> => {
  switch (operation._tag) {
    case "Fetch":
      return fetch(operating, operation)
    case "EmptyFolderContents":
      return emptyFolderContents(operating, operation)
    case "Move":
      return moveConversation(operating, operation)
  }
}

const document = (status: number, ...content: ReadonlyArray<Element>): Element =>
  element("ItemOperations:ItemOperations", element("ItemOperations:Status", status), content)

const refused = (status: number): Answer => ({ _tag: "Document", document: document(status) })

/** Microsoft's schema wants the kinds together, in this order; among their kind they stay as they were carried out. */
const kinds = ["ItemOperations:Move", "ItemOperations:EmptyFolderContents", "ItemOperations:Fetch"] as const

const answer = (request: Request, done: ReadonlyArray<Outcome>): Answer => {
  const response = element(
    "ItemOperations:Response",
    kinds.flatMap((kind) => done.map((one) => one.element).filter(({ tag }) => tag === kind))
  )
  const whole = document(1, response)
  return request.acceptsMultipart
    ? { _tag: "Multipart", document: whole, parts: done.flatMap(({ parts }) => parts) }
    : { _tag: "Document", document: whole }
}
