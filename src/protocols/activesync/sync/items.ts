import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { MailboxId } from "../../../domain/ids.ts"
import type { MarkBlock } from "../../../domain/Message.ts"
import type { ToldMarks } from "../../../domain/sync/Cursor.ts"
import type { Call } from "../../../rpc/Call.ts"
import type { MessageView } from "../../../rpc/Core.ts"
import type { ToldItem } from "../../../rpc/Sync.ts"
import type { ProtocolVersion } from "../Command.ts"
import { batchedCore, type ContentsCore } from "../content/batchedCore.ts"
import type { BodyOptions, BodyPreference } from "../content/bodyOptions.ts"
import { itemContent } from "../content/itemContent.ts"
import { changedBlocks } from "../content/markElements.ts"
import { serverIdOf } from "../content/serverId.ts"
import { type Element, element } from "../wbxml/element.ts"
import type { ItemChange } from "./answer.ts"

/** What items of one answer are made with. */
export interface Rendering {
  readonly core: ContentsCore
  readonly call: Call
  readonly mailboxId: MailboxId
  readonly version: ProtocolVersion
  /** Octets of content that the answer may still hold. Items are never left out for it: their bodies are. */
  readonly room: { left: number }
}

/** Items read at once. What they take of the room counts from the next ones on, so that a repeated answer is the same. */
const atOnce = 20

/** What a device is told of a folder, in the order of Core. A message that is gone since is told when its removal is. */
export const renderTold = (
  rendering: Rendering,
  told: ReadonlyArray<ToldItem>,
  body: BodyOptions
): Effect.Effect<ReadonlyArray<ItemChange>, CoreError> =>
  Effect.gen(function* () {
    const changes: Array<ItemChange> = []
    const together = {
      ...rendering,
      core: batchedCore(rendering.core, rendering.call, rendering.mailboxId)
    }
    for (let start = 0; start < told.length; start += atOnce) {
      const fitting = rendering.room.left > 0 ? body : withoutBodies(body)
      const some = yield* Effect.forEach(
        told.slice(start, start + atOnce),
        (item) => renderOne(together, item, fitting),
        { batching: true, concurrency: atOnce }
      )
      const there = some.filter((change) => change !== null)
      changes.push(...there)
      rendering.room.left -= there.reduce((sum, change) => sum + weightOf(change), 0)
    }
    return changes
  })

const weightOf = (change: ItemChange): number => (change._tag === "Add" ? weight(change.properties) : 0)

const renderOne = (
  rendering: Rendering,
  told: ToldItem,
  options: BodyOptions
): Effect.Effect<ItemChange | null, CoreError> => {
  const serverId = serverIdOf(told.id)
  switch (told.op) {
    case "Delete":
    case "SoftDelete":
      return Effect.succeed({ _tag: told.op, serverId })
    case "Change":
      return Effect.succeed({
        _tag: "Change",
        serverId,
        properties: element(
          "AirSync:ApplicationData",
          changedBlocks(told, rendering.version, blocksOf(told.changed))
        )
      })
    case "Add":
      return told.view === null
        ? Effect.succeed(null)
        : wholeItem(
            rendering,
            { ...told.view, message: { ...told.view.message, ...marksOf(told) } },
            // MS-ASCMD_R2108: bodies are for what is in the filter itself.
            told.isKept === true ? withoutBodies(options) : options
          ).pipe(
            Effect.map((properties) => ({ _tag: "Add", serverId, properties }) as const),
            Effect.catchTag("NotFound", () => Effect.succeed(null))
          )
  }
}

const marksOf = ({ flags, categories, followUp, lastVerb }: ToldMarks): ToldMarks => ({
  flags,
  categories,
  ...(followUp === undefined ? {} : { followUp }),
  ...(lastVerb === undefined ? {} : { lastVerb })
})

const blocksOf = (changed: ReadonlyArray<MarkBlock> | undefined) => {
  const has = (block: MarkBlock) => changed?.includes(block) ?? true
  return {
    read: has("read"),
    flag: has("flag"),
    categories: has("categories"),
    lastVerb: has("lastVerb")
  }
}

/** ApplicationData of one message. */
export const wholeItem = (
  { core, call, mailboxId, version }: Rendering,
  { message, parts }: MessageView,
  options: BodyOptions
): Effect.Effect<Element, CoreError> =>
  Effect.map(itemContent(core)(call, { mailboxId, message, parts, version, options }), (content) =>
    element("AirSync:ApplicationData", content)
  )

/** Each body cut to nothing: the device sees that there is more, and fetches it. */
const withoutBodies = (body: BodyOptions): BodyOptions => ({
  ...body,
  bodyPreferences: body.bodyPreferences.length === 0 ? [emptied(plain)] : body.bodyPreferences.map(emptied),
  bodyPartPreference: body.bodyPartPreference === null ? null : emptied(body.bodyPartPreference),
  mimeTruncation: 0
})

const plain: BodyPreference = { type: 1, truncationSize: null, allOrNone: false, preview: null }

const emptied = (preference: BodyPreference): BodyPreference => ({
  ...preference,
  truncationSize: 0,
  allOrNone: false
})

/** Bodies as they are, without limits: what Fetch asks for (MS-ASCMD 2.2.3.67.2). */
export const withWholeBodies = (body: BodyOptions): BodyOptions => ({
  ...body,
  bodyPreferences: body.bodyPreferences.map(uncut),
  bodyPartPreference: body.bodyPartPreference === null ? null : uncut(body.bodyPartPreference),
  mimeTruncation: null
})

const uncut = (preference: BodyPreference): BodyPreference => ({
  ...preference,
  truncationSize: null,
  allOrNone: false
})

/** Roughly the octets that it takes on the wire. */
export const weight = ({ children }: Element): number =>
  children.reduce((sum, child) => {
    if (typeof child === "string") return sum + child.length
    return sum + (child instanceof Uint8Array ? child.length : weight(child))
  }, 4)
