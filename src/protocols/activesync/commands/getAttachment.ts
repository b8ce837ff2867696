import { Effect } from "effect"
import { isTemporary } from "../../../domain/errors.ts"
import type { ActiveSyncSettings } from "../ActiveSyncConfig.ts"
import { type Command, isAtLeast } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { attachmentBytes } from "../content/attachmentBytes.ts"
import type { ContentCore } from "../content/readBody.ts"
import { partOf } from "../content/serverId.ts"
import { StatusError } from "../status.ts"

/** 110: HTTP 500 before 14.0, the one answer for an attachment that is not there (MS-ASCMD_R166). */
const gone = new StatusError({ status: 110 })

/** An attachment as the body of the answer, by the FileReference in the query (MS-ASCMD 2.2.1.7). Before 14.0 only. */
export const getAttachment =
  (core: ContentCore, { contentBytes }: Pick<ActiveSyncSettings, "contentBytes">): Command =>
  (request) =>
    Effect.gen(function* () {
      if (isAtLeast(request.version, "14.0")) return yield* new StatusError({ status: 137 })
      const reference = partOf(request.attachmentName ?? "")
      if (reference === undefined) return yield* gone
      const { contentType, bytes } = yield* attachmentBytes(core, callOf(request), {
        mailboxId: request.mailboxId,
        reference,
        range: null,
        maxBytes: contentBytes
      }).pipe(Effect.mapError((error) => (isTemporary(error) ? error : gone)))
      return { _tag: "Bytes", contentType, bytes }
    })
