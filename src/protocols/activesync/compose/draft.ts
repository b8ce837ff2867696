import { Effect } from "effect"
import type { Address } from "../../../domain/Content.ts"
import type { MessageId } from "../../../domain/ids.ts"
import { attachmentEntity } from "../../mime/compose/attachmentEntity.ts"
import { type BodyTree, buildBody } from "../../mime/compose/bodyTree.ts"
import { addressField, fieldText, safeField } from "../../mime/compose/fieldText.ts"
import type { MimeReader } from "../../mime/MimeReader.ts"
import { rawHeaderOf } from "../../mime/rawHeader.ts"
import { readMessage } from "../../mime/readMessage.ts"
import type { PartReference } from "../content/serverId.ts"
import { StatusError } from "../status.ts"
import type { Element } from "../wbxml/element.ts"
import { type DraftChange, draftChangeOf } from "./draftProperties.ts"
import { compose, type DeviceMessage, type Outgoing, readDeviceMessage } from "./outgoing.ts"
import { type Identity, ownHeader } from "./ownHeader.ts"
import { type ReadMessage, safeEntity } from "./safeEntity.ts"
import { textsOf } from "./texts.ts"

/** The draft as it was, and its number. */
export interface StoredDraft {
  readonly messageId: MessageId
  readonly raw: Uint8Array
}

export interface WrittenDraft {
  readonly raw: Uint8Array
  /** Parts of `raw` that were added now, for the device's names of them (MS-ASAIRS_R1336). */
  readonly added: ReadonlyArray<{ readonly clientId: string; readonly part: number }>
}

interface Given {
  /** ApplicationData of Add or Change. */
  readonly properties: Element
  /** Null for a new draft. */
  readonly before: StoredDraft | null
  readonly identity: Identity
  /** Makes boundaries. */
  readonly seed: string
}

const invalidItem = new StatusError({ status: 6 })

/**
 * The message that a device's properties make of a draft (16.0 and later). The body stays octet for octet where neither it
 * nor attachments change. Fails with 6 where the properties are no draft, or name an attachment that the draft has not.
 */
export const composeFromProperties = Effect.fnUntraced(function* (
  mime: MimeReader["Type"],
  { properties, before, identity, seed }: Given
) {
  const change = draftChangeOf(properties)
  if (change === undefined) return yield* invalidItem
  const base = yield* baseOf(mime, change, before)
  const header = ownHeader(
    {
      raw: Buffer.concat([headerOf(base?.raw ?? new Uint8Array(), change), emptyLine]),
      envelope: envelopeOf(base)
    },
    { identity, thread: null, threadIndex: null }
  )
  if (base !== null && isBodyKept(change)) {
    const raw = Buffer.concat([header, mimeVersion, safeEntity(base, 0)])
    return { raw, added: [] } satisfies WrittenDraft
  }
  const kept = yield* keptAttachments(base, { change, before })
  const news = yield* Effect.forEach(change.added, (attachment) =>
    Effect.map(attachmentEntity(attachment), (entity) => ({ ...attachment, entity }))
  )
  const tree = treeOf(bodyTexts(base, change), [...kept, ...news])
  const raw = Buffer.concat([header, yield* buildBody(tree.body, seed)])
  return { raw, added: partsOf(raw, tree.order) } satisfies WrittenDraft
})

/** The message of a draft that is to be sent: 183 where its recipients will not do (MS-ASCMD_R7472). */
export const sendableDraft = (
  mime: MimeReader["Type"],
  { raw, identity, seed }: { readonly raw: Uint8Array; readonly identity: Identity; readonly seed: string }
): Effect.Effect<Outgoing, StatusError> =>
  Effect.flatMap(readDeviceMessage(mime, raw), (device) =>
    compose(sentNow(device), { identity, seed, source: null })
  ).pipe(Effect.mapError(({ status }) => new StatusError({ status: unsendable.has(status) ? 183 : status })))

const unsendable = new Set([115, 116, 119])

/** The Date of a message is when it was ready (RFC 5322 3.6.1), not when the draft was begun. */
const sentNow = (device: DeviceMessage): DeviceMessage => ({
  ...device,
  content: { ...device.content, envelope: { ...device.content.envelope, sentAt: null } }
})

/** What the change is made to: the message that the device gives whole, or the draft as it was. */
const baseOf = (
  mime: MimeReader["Type"],
  { body }: DraftChange,
  before: StoredDraft | null
): Effect.Effect<DeviceMessage | null, StatusError> => {
  const raw = body?._tag === "Mime" ? body.bytes : (before?.raw ?? null)
  return raw === null
    ? Effect.succeed(null)
    : Effect.mapError(readDeviceMessage(mime, raw), () => invalidItem)
}

const isBodyKept = ({ body, added, removed }: DraftChange): boolean =>
  (body === undefined || body._tag === "Mime") && added.length === 0 && removed.length === 0

const emptyLine = Buffer.from("\r\n")
const mimeVersion = Buffer.from("MIME-Version: 1.0\r\n")
const words = ["low", "normal", "high"] as const

/** The fields of the draft with those that the device writes in place of the old ones. */
const headerOf = (raw: Uint8Array, change: DraftChange): Uint8Array => {
  const addresses = (name: string, list: ReadonlyArray<Address> | undefined) =>
    list === undefined ? [] : [[name, list.length === 0 ? "" : addressField(name, list)] as const]
  const written = [
    ...addresses("To", change.to),
    ...addresses("Cc", change.cc),
    ...addresses("Bcc", change.bcc),
    ...addresses("Reply-To", change.replyTo),
    ...(change.subject === undefined ? [] : [["Subject", fieldText("Subject", change.subject)] as const]),
    ...(change.importance === undefined
      ? []
      : [["Importance", fieldText("Importance", words[change.importance])] as const])
  ]
  const names = new Set(written.map(([name]) => name.toLowerCase()))
  if (names.has("importance")) for (const other of ["x-priority", "priority"]) names.add(other)
  return Buffer.concat([
    ...rawHeaderOf(raw)
      .fields.filter(({ name }) => !names.has(name))
      .map((field) => safeField(raw, field)),
    ...written.map(([, field]) => Buffer.from(field))
  ])
}

const envelopeOf = (base: DeviceMessage | null) => ({
  from: base?.content.envelope.from ?? [],
  sentAt: null,
  internetMessageId: base?.content.envelope.internetMessageId ?? null
})

type Texts = Pick<BodyTree, "plain" | "html">

const bodyTexts = (base: ReadMessage | null, { body }: DraftChange): Texts => {
  if (body?._tag === "Plain") return { plain: body.text, html: null }
  if (body?._tag === "Html") return { plain: null, html: body.text }
  return base === null ? { plain: "", html: null } : textsOf(base)
}

interface Carried {
  /** Null for what was there before. */
  readonly clientId: string | null
  readonly isInline: boolean
  readonly entity: Uint8Array
}

/** The attachments that stay. A MIME body brings all its own: what was there before is gone with the text. */
const keptAttachments = (
  base: ReadMessage | null,
  { change, before }: { readonly change: DraftChange; readonly before: StoredDraft | null }
): Effect.Effect<ReadonlyArray<Carried>, StatusError> => {
  const attachments = base === null ? [] : textsOf(base).attachments
  const removed = change.body?._tag === "Mime" ? [] : change.removed
  const isOfDraft = ({ messageId, part }: PartReference): boolean =>
    messageId === before?.messageId && attachments.some((one) => one.part === part)
  if (!removed.every(isOfDraft)) return invalidItem
  if (base === null) return Effect.succeed([])
  const gone = new Set(removed.map(({ part }) => part))
  return Effect.succeed(
    attachments
      .filter(({ part }) => !gone.has(part))
      .map(({ part, isInline }) => ({ clientId: null, isInline, entity: safeEntity(base, part) }))
  )
}

/** Only HTML shows pictures inside. */
const treeOf = (
  texts: Texts,
  carried: ReadonlyArray<Carried>
): { readonly body: BodyTree; readonly order: ReadonlyArray<Carried> } => {
  const isInside = ({ isInline }: Carried): boolean => isInline && texts.html !== null
  const [inline, attached] = [carried.filter(isInside), carried.filter((one) => !isInside(one))]
  const entities = (all: ReadonlyArray<Carried>) => all.map(({ entity }) => entity)
  return {
    body: { ...texts, inline: entities(inline), attached: entities(attached) },
    order: [...inline, ...attached]
  }
}

/** Where the added ones came to stand: attachments are numbered in their order. */
const partsOf = (raw: Uint8Array, order: ReadonlyArray<Carried>): WrittenDraft["added"] => {
  const { attachments } = readMessage(raw)
  return order.flatMap(({ clientId }, nth) => {
    const part = attachments[nth]?.part
    return clientId === null || part === undefined ? [] : [{ clientId, part }]
  })
}
