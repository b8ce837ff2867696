import type { IncomingMessage } from "node:http"
import { Option } from "effect"
import { ownOrigin } from "../../../identity/ownOrigin.ts"
import type { ActiveSyncSettings } from "../ActiveSyncConfig.ts"

/** Where who asks reaches this server, without a slash at the end; null where neither a setting nor the request says it. */
export const publicUrlFor = (
  { publicUrl }: Pick<ActiveSyncSettings, "publicUrl">,
  request: Pick<IncomingMessage, "headers" | "socket">
): string | null =>
  Option.isSome(publicUrl) ? publicUrl.value.href.replace(/\/+$/, "") : ownOrigin(Option.none(), request)
