import type { IncomingHttpHeaders } from "node:http"
import { Either } from "effect"
import { headerText } from "../../observability/correlation.ts"
import type { CommandName, ProtocolVersion, Request } from "./Command.ts"
import { firstLanguage } from "./language.ts"
import type { Query } from "./query.ts"
import { type Refusal, refused } from "./replies.ts"

/** What a request says before its body: the query, and headers where the query leaves it to them. */
export type Head = Pick<
  Request,
  | "command"
  | "version"
  | "deviceId"
  | "deviceType"
  | "userAgent"
  | "policyKey"
  | "attachmentName"
  | "collectionId"
  | "itemId"
  | "longId"
  | "occurrence"
  | "saveInSent"
  | "acceptsMultipart"
  | "language"
>

/** Newest last, as they are told. */
export const protocolVersions: ReadonlyArray<ProtocolVersion> = ["12.1", "14.0", "14.1", "16.0", "16.1"]

/** No commas, no special characters (MS-ASHTTP 2.2.1.1.1.2.3): it becomes part of keys. */
const deviceIdShape = /^[\w.:{}-]{1,64}$/
const deviceTypeShape = /^[\x20-\x7e]{1,64}$/
const maxUserAgent = 256

/** An unknown command is 501 in every version, as Exchange answers it: there is no document to carry 137. */
export const readHead = (query: Query, headers: IncomingHttpHeaders): Either.Either<Head, Refusal> => {
  const version = versionOf(query.version ?? headerText(headers["ms-asprotocolversion"]))
  if (version === null) return Either.left(refused(400))
  const { command } = query
  if (command === null) return Either.left(refused(501))
  return Either.right({
    ...query,
    command,
    version,
    policyKey: query.policyKey ?? policyKeyOf(headerText(headers["x-ms-policykey"])),
    acceptsMultipart:
      query.acceptsMultipart || headerText(headers["ms-asacceptmultipart"])?.toUpperCase() === "T",
    language: firstLanguage(headers["accept-language"]) ?? query.language,
    userAgent: (headers["user-agent"] ?? "").slice(0, maxUserAgent)
  })
}

/** 108, 109 = the id or the type of the device is missing or invalid (MS-ASCMD 2.2.4); null = they are sound. */
export const deviceProblem = ({ deviceId, deviceType }: Head): 108 | 109 | null => {
  if (!deviceIdShape.test(deviceId)) return 108
  return deviceTypeShape.test(deviceType) ? null : 109
}

const versionOf = (text: string | undefined): ProtocolVersion | null =>
  protocolVersions.find((version) => version === text?.trim()) ?? null

const policyKeyOf = (text: string | undefined): string | null => {
  const key = text?.trim().slice(0, 16) ?? ""
  return key === "" ? null : key
}

/** Commands whose body may be a message. */
export const carriesMail = (command: CommandName): boolean =>
  command === "SendMail" || command === "SmartForward" || command === "SmartReply" || command === "Sync"
