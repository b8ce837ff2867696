import { createHash, randomBytes } from "node:crypto"
import { Effect } from "effect"
import type { CommandResult, SyncAnswer, SyncCommand } from "../../domain/Command.ts"
import { type CoreError, InvalidRequest, LimitExceeded, NotFound } from "../../domain/errors.ts"
import type { MailboxId, MessageId } from "../../domain/ids.ts"
import type { NewMessage } from "../../domain/Message.ts"
import type {
  CollectionAnswer,
  CollectionWish,
  DeviceChange,
  SyncedCollection,
  SyncWish
} from "../../domain/sync/Synchronise.ts"
import type { MailboxReader } from "../../storage/mailbox/MailboxReader.ts"
import type { MessageView } from "../Core.ts"
import type { OwnCall } from "../guard.ts"
import type { RawContent, Synced, SyncMethods, ToldItem } from "../Sync.ts"
import type { SyncLimits } from "../SyncConfig.ts"
import { type AppendServices, keep } from "./append.ts"
import { viewed } from "./reads.ts"

export interface SyncServices extends AppendServices {
  readonly reader: MailboxReader["Type"]
  readonly syncLimits: SyncLimits
}

type Input<Method extends keyof SyncMethods> = Parameters<SyncMethods[Method]>[1]

/** Keeps the texts that come along, asks the mailbox's actor, and adds the messages that are new. */
export const synchronise = (services: SyncServices) =>
  Effect.fnUntraced(function* (call: OwnCall, input: Input<"synchronise">) {
    const problem = problemOf(input, services)
    if (problem !== undefined) return yield* problem
    const collections = yield* Effect.forEach(input.collections, (wish) => readWish(services, call, wish))
    const { sync } = yield* askAbout(services, call, input.mailboxId, {
      _tag: "Synchronise",
      wish: {
        deviceId: input.deviceId,
        collections,
        maxItems: clamp(input.maxItems, services.syncLimits.maxItems),
        maxBytes: clamp(input.maxBytes, services.syncLimits.maxBytes),
        keep: input.keep
      },
      digests: input.collections.map((wish) => digestOf({ ...wish, of: [input.maxItems, input.maxBytes] })),
      nonce: newNonce()
    })
    const answer = yield* expect(sync, "Collections")
    const views = yield* viewsOf(services, input.mailboxId, answer.collections)
    return {
      collections: answer.collections.map((collection) => withViews(collection, views)),
      isHierarchyStale: answer.isHierarchyStale
    } satisfies Synced
  })

const clamp = (wanted: number, max: number): number => Math.min(Math.max(1, Math.floor(wanted)), max)

const problemOf = (
  { collections, deviceId }: SyncWish<RawContent>,
  { syncLimits, limits }: SyncServices
): CoreError | undefined => {
  if (deviceId.length === 0 || deviceId.length > 64) {
    return new InvalidRequest({ message: "A device's id has 1 to 64 characters." })
  }
  if (new Set(collections.map(({ folderId }) => folderId)).size < collections.length) {
    return new InvalidRequest({ message: "A folder is asked for twice." })
  }
  if (collections.length > syncLimits.maxCollections) {
    return new LimitExceeded({ limit: "batch", max: syncLimits.maxCollections })
  }
  const changes = collections.flatMap((collection) => collection.changes)
  if (changes.length > syncLimits.maxChanges) {
    return new LimitExceeded({ limit: "batch", max: syncLimits.maxChanges })
  }
  return changes.some((change) => "content" in change && change.content.raw.length > limits.maxMessageBytes)
    ? new LimitExceeded({ limit: "messageSize", max: limits.maxMessageBytes })
    : undefined
}

const readWish = (
  services: SyncServices,
  call: OwnCall,
  wish: CollectionWish<RawContent>
): Effect.Effect<CollectionWish<NewMessage>, CoreError> =>
  Effect.map(
    Effect.forEach(wish.changes, (change) => readChange(services, call, change)),
    (changes) => ({ ...wish, maxItems: clamp(wish.maxItems, services.syncLimits.maxItems), changes })
  )

const readChange = (
  services: SyncServices,
  call: OwnCall,
  change: DeviceChange<RawContent>
): Effect.Effect<DeviceChange<NewMessage>, CoreError> => {
  if (!("content" in change)) return Effect.succeed(change)
  const { tenantId } = call.principal
  return Effect.map(keep(services, { tenantId, raw: change.content.raw, receivedAt: null }), (content) => ({
    ...change,
    content
  }))
}

/** Equal for equal requests, whatever key they come with. */
export const digestOf = ({
  key: _key,
  ...wish
}: CollectionWish<RawContent> & { readonly of: unknown }): string =>
  sha256(
    JSON.stringify({
      ...wish,
      changes: wish.changes.map((change) =>
        "content" in change ? [change._tag, nameOf(change), change.content.digest] : change
      )
    })
  )

const nameOf = (change: Extract<DeviceChange<RawContent>, { readonly content: RawContent }>) =>
  change._tag === "Add" ? change.clientId : change.messageId

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64url")

export const newNonce = (): string => randomBytes(9).toString("base64url")

export const askAbout = (
  { router }: Pick<SyncServices, "router">,
  call: OwnCall,
  mailboxId: MailboxId,
  command: SyncCommand
): Effect.Effect<CommandResult, CoreError> =>
  router.ask({
    mailboxId,
    command,
    origin: call.origin,
    correlationId: call.correlationId,
    // Keys name what is asked.
    operationId: null
  })

export const expect = <Tag extends SyncAnswer["_tag"]>(
  answer: SyncAnswer | undefined,
  tag: Tag
): Effect.Effect<Extract<SyncAnswer, { readonly _tag: Tag }>> =>
  answer !== undefined && isOf(answer, tag)
    ? Effect.succeed(answer)
    : Effect.dieMessage(`the mailbox did not answer ${tag}`)

const isOf = <Tag extends SyncAnswer["_tag"]>(
  answer: SyncAnswer,
  tag: Tag
): answer is Extract<SyncAnswer, { readonly _tag: Tag }> => answer._tag === tag

const viewsOf = Effect.fnUntraced(function* (
  { reader }: SyncServices,
  mailboxId: MailboxId,
  collections: ReadonlyArray<SyncedCollection>
) {
  const ids = collections.flatMap((collection) =>
    collection._tag === "Synced" ? collection.told.flatMap(({ op, id }) => (op === "Add" ? [id] : [])) : []
  )
  if (ids.length === 0) return new Map<MessageId, MessageView>()
  const messages = yield* reader.messages(mailboxId, ids)
  return new Map((yield* viewed(reader, messages)).map((view) => [view.message.id, view]))
})

const withViews = (
  collection: SyncedCollection,
  views: ReadonlyMap<MessageId, MessageView>
): CollectionAnswer<ToldItem> =>
  collection._tag === "Refused"
    ? collection
    : {
        ...collection,
        told: collection.told.map((told) => ({
          ...told,
          view: told.op === "Add" ? (views.get(told.id) ?? null) : null
        }))
      }

/** Only the person whose mailbox it is. */
export const isOwner = (call: OwnCall, mailboxId: MailboxId): Effect.Effect<void, NotFound> =>
  call.principal.mailboxId === mailboxId ? Effect.void : Effect.fail(new NotFound({ what: "mailbox" }))
