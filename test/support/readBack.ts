import { timestampMs } from "@bufbuild/protobuf/wkt"
import { Effect, Stream } from "effect"
import type { Address, Envelope, Part, TransferEncoding } from "../../src/domain/Content.ts"
import type { RpcClient } from "../../src/rpc/client.ts"
import type { GetMessageResponse } from "../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import {
  FolderRole,
  type MessageSummary,
  type Address as WireAddress,
  type Part as WirePart
} from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import type { Reading } from "./consensus.ts"

/** What was pieced together again. */
const whole = <Piece extends { readonly data: Uint8Array }, E>(pieces: Stream.Stream<Piece, E>) =>
  Effect.map(Stream.runCollect(pieces), (chunk) => Buffer.concat([...chunk].map(({ data }) => data)))

/** GetRaw: the message with the trace fields that Intake put before it. */
export const rawOf = ({ mailbox, stream }: RpcClient, messageId: bigint) =>
  Effect.orDie(whole(stream((signal) => mailbox.getRaw({ messageId }, { signal }))))

export const partOf = ({ mailbox, stream }: RpcClient, messageId: bigint, path: string) =>
  Effect.orDie(whole(stream((signal) => mailbox.getPart({ messageId, path }, { signal }))))

export const messageOf = ({ mailbox, call }: RpcClient, messageId: bigint) =>
  Effect.orDie(call((signal) => mailbox.getMessage({ messageId }, { signal })))

/** The folder of a role in the caller's mailbox. */
export const folderOf = ({ mailbox, call }: RpcClient, role: FolderRole) =>
  call((signal) => mailbox.listFolders({}, { signal })).pipe(
    Effect.map(({ folders }) => folders.find((folder) => folder.role === role)?.id ?? 0n),
    Effect.orDie
  )

/** Every message of a folder, page by page. */
export const messagesIn = ({ mailbox, call }: RpcClient, folderId: bigint) =>
  Effect.gen(function* () {
    const found: Array<MessageSummary> = []
    let pageToken = ""
    do {
      const page = yield* call((signal) =>
        mailbox.listMessages({ folderId, pageSize: 200, pageToken }, { signal })
      )
      found.push(...page.messages)
      pageToken = page.nextPageToken
    } while (pageToken !== "")
    return found
  }).pipe(Effect.orDie)

export const inboxOf = (rpc: RpcClient) =>
  Effect.flatMap(folderOf(rpc, FolderRole.INBOX), (folderId) => messagesIn(rpc, folderId))

/** Parts around which there are no others. */
export const leavesOf = (parts: ReadonlyArray<WirePart>): ReadonlyArray<WirePart> =>
  parts.filter(
    ({ type }, index) => !type.startsWith("multipart/") && !parts.some(({ parent }) => parent === index)
  )

/** Return-Path and Received as `pipeline/trace.ts` writes them. */
const tracePattern =
  /^Return-Path: <[^\r\n]*>\r\nReceived: (?:from [^\r\n]*\r\n\t)?by [^\r\n]* id ([^\r\n;]+);\r\n\t[^\r\n]* \+0000\r\n/

/** A stored message: what was received, and the correlation id by which it was accepted. */
export const withoutTrace = (raw: Buffer): { readonly correlationId: string; readonly bytes: Buffer } => {
  const [trace = "", correlationId = ""] = tracePattern.exec(raw.toString("latin1", 0, 2000)) ?? []
  return { correlationId, bytes: raw.subarray(trace.length) }
}

/** The id in the answer to an accepted message; "" in any other. */
export const acceptedAs = (reply: string): string => /^250 2\.0\.0 Ok: queued as (.*)$/.exec(reply)?.[1] ?? ""

const addressFrom = ({ name, address, group }: WireAddress): Address =>
  group === undefined ? { name, address } : { name, address, group }

const envelopeFrom = (message: MessageSummary): Envelope => ({
  subject: message.subject,
  from: message.from.map(addressFrom),
  sender: message.sender.map(addressFrom),
  replyTo: message.replyTo.map(addressFrom),
  to: message.to.map(addressFrom),
  cc: message.cc.map(addressFrom),
  bcc: message.bcc.map(addressFrom),
  sentAt: message.date === undefined ? null : timestampMs(message.date),
  internetMessageId: message.internetMessageId ?? null,
  inReplyTo: [],
  references: []
})

const encodings: ReadonlyArray<TransferEncoding> = [
  "7bit",
  "8bit",
  "binary",
  "base64",
  "quoted-printable",
  "uuencode"
]

/** The server does not tell its callers offsets: they get bytes by path. */
const partFrom = (part: WirePart): Part => ({
  path: part.path,
  parent: part.parent ?? -1,
  type: part.type,
  parameters: {},
  charset: part.charset ?? null,
  encoding: encodings.find((encoding) => encoding === part.encoding) ?? "unknown",
  disposition: part.disposition ?? null,
  fileName: part.fileName ?? null,
  contentId: part.contentId ?? null,
  contentLocation: null,
  description: null,
  headerStart: 0,
  bodyStart: 0,
  bodyEnd: 0,
  sizeBytes: Number(part.sizeBytes),
  decodedSizeBytes: Number(part.decodedSizeBytes),
  lines: 0
})

/** What the server says of a message, and the bytes that it gave for its parts, as the oracle compares it. */
export const readingFrom = (
  { message, parts }: GetMessageResponse,
  decoded: ReadonlyMap<string, Uint8Array>
): Reading | null =>
  message === undefined
    ? null
    : {
        content: { envelope: envelopeFrom(message), parts: parts.map(partFrom) },
        decoded: ({ path }) => decoded.get(path) ?? new Uint8Array()
      }
