import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import type { ServiceImpl } from "@connectrpc/connect"
import { InvalidRequest } from "../../domain/errors.ts"
import type { NamedOperation } from "../../domain/Operation.ts"
import type { Bridge } from "../bridge.ts"
import type { CoreMethods } from "../Core.ts"
import type { MailboxService } from "../gen/postroom/core/v1/mailbox_pb.ts"
import { mailboxId, operationId, optionalCount } from "../wire/fromWire.ts"

const undoneOperation = (value: string) => {
  const id = operationId(value)
  if (id === null) throw new InvalidRequest({ message: "Say which operation is to be undone." })
  return id
}

const operationToWire = ({ operationId: id, modSeq, origin, at, undoes, changes }: NamedOperation) => ({
  operationId: id,
  modSeq: BigInt(modSeq),
  origin,
  at: timestampFromMs(at),
  undoes: undoes ?? "",
  marked: changes.FlagsChanged ?? 0,
  moved: changes.MessageMoved ?? 0,
  added: changes.MessageAdded ?? 0,
  expunged: changes.Expunged ?? 0,
  folders:
    (changes.FolderCreated ?? 0) +
    (changes.FolderRenamed ?? 0) +
    (changes.FolderMoved ?? 0) +
    (changes.FolderDeleted ?? 0)
})

export const undoRoutes = (core: CoreMethods, bridge: Bridge) =>
  ({
    undo: bridge.unary(core.undo, {
      read: (request, principal) => ({
        mailboxId: mailboxId(request.mailboxId, principal),
        undoes: undoneOperation(request.undoes),
        operationId: operationId(request.operationId)
      }),
      write: ({ restored, changedSince, gone, noPlace, modSeq }) => ({
        modSeq: BigInt(modSeq),
        restored,
        changedSince,
        gone,
        noPlace
      })
    }),
    listOperations: bridge.unary(core.listOperations, {
      read: (request, principal) => ({
        mailboxId: mailboxId(request.mailboxId, principal),
        limit: optionalCount(request.limit)
      }),
      write: (operations) => ({ operations: operations.map(operationToWire) })
    })
  }) satisfies Partial<ServiceImpl<typeof MailboxService>>
