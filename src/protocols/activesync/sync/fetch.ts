import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { FolderId, MessageId } from "../../../domain/ids.ts"
import type { BodyOptions } from "../content/bodyOptions.ts"
import type { Response } from "./answer.ts"
import { type Rendering, weight, wholeItem, withWholeBodies } from "./items.ts"

interface Fetching {
  readonly serverId: string
  readonly messageId: MessageId
  readonly folderId: FolderId
  readonly body: BodyOptions
}

/** MS-ASCMD 2.2.3.177.17: no such item in this folder; ask again. */
const notFound = 8
const retry = 16

/** One whole item (MS-ASCMD 2.2.3.67.2). What does not fit into this answer any more is asked for again. */
export const fetchItem = (
  rendering: Rendering,
  { serverId, messageId, folderId, body }: Fetching
): Effect.Effect<Response, CoreError> => {
  const failed = (status: number): Response => ({ _tag: "Fetch", serverId, status, properties: null })
  if (rendering.room.left <= 0) return Effect.succeed(failed(retry))
  const { core, call, mailboxId, room } = rendering
  return Effect.gen(function* () {
    const view = yield* core.getMessage(call, { mailboxId, messageId })
    if (view.message.folderId !== folderId) return failed(notFound)
    const properties = yield* wholeItem(rendering, view, withWholeBodies(body))
    room.left -= weight(properties)
    return { _tag: "Fetch", serverId, status: 1, properties } satisfies Response
  }).pipe(Effect.catchTag("NotFound", () => Effect.succeed(failed(notFound))))
}
