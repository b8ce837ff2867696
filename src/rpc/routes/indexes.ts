import type { ServiceImpl } from "@connectrpc/connect"
import { InvalidRequest } from "../../domain/errors.ts"
import { MailboxId } from "../../domain/ids.ts"
import type { Bridge } from "../bridge.ts"
import type { IndexService } from "../gen/postroom/core/v1/index_pb.ts"
import type { IndexMethods } from "../Indexes.ts"
import { optionalCount, text, uuid } from "../wire/fromWire.ts"
import { readPageToken, writePageToken } from "../wire/pageToken.ts"

const addressOf = (request: { readonly address: string; readonly all: boolean }): string | null => {
  if (request.all === (request.address !== ""))
    throw new InvalidRequest({ message: "Name an address, or say all of them." })
  return request.all ? null : text(request.address, { name: "An address", max: 1_024 })
}

const place = (token: string): MailboxId | null => {
  const found = readPageToken(token, "index")
  return found === null ? null : MailboxId(uuid(found, "The page token"))
}

/** The requests and responses of `IndexService`, in front of `Indexes`. */
export const indexRoutes = (indexes: IndexMethods, bridge: Bridge): ServiceImpl<typeof IndexService> => ({
  getIndexStatus: bridge.unary(indexes.getIndexStatus, {
    read: () => null,
    write: (status) => ({
      mailboxes: BigInt(status.mailboxes),
      messages: BigInt(status.messages),
      indexed: BigInt(status.indexed),
      waiting: BigInt(status.waiting),
      rebuilding: BigInt(status.rebuilding),
      toRebuild: BigInt(status.toRebuild)
    })
  }),
  rebuildIndex: bridge.unary(indexes.rebuildIndex, {
    read: (request) => ({ address: addressOf(request) }),
    write: (mailboxes) => ({ mailboxes: BigInt(mailboxes) })
  }),
  checkIndex: bridge.unary(indexes.checkIndex, {
    read: (request) => ({
      repair: request.repair,
      after: place(request.pageToken),
      limit: optionalCount(request.pageSize)
    }),
    write: ({ drifts, after }) => ({
      drifts: drifts.map(({ mailboxId, missing, orphaned }) => ({
        mailboxId,
        missing: BigInt(missing),
        orphaned: BigInt(orphaned)
      })),
      nextPageToken: after === null ? "" : writePageToken("index", after)
    })
  })
})
