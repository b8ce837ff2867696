import type { IncomingMessage } from "node:http"
import { TLSSocket } from "node:tls"
import { Option } from "effect"
import type { ActiveSyncSettings } from "../ActiveSyncConfig.ts"

const soundHost = /^(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/

/** Where who asks reaches this server, without a slash at the end; null where neither a setting nor the request says it. */
export const publicUrlFor = (
  { publicUrl }: Pick<ActiveSyncSettings, "publicUrl">,
  { headers: { host }, socket }: Pick<IncomingMessage, "headers" | "socket">
): string | null => {
  if (Option.isSome(publicUrl)) return publicUrl.value.href.replace(/\/+$/, "")
  const scheme = socket instanceof TLSSocket ? "https" : "http"
  return host !== undefined && soundHost.test(host) ? `${scheme}://${host}` : null
}
