import { Option, Schema } from "effect"
import type { Json, SyncOptions } from "../../../domain/sync/Cursor.ts"
import { type BodyOptions, defaultBodyOptions } from "../content/bodyOptions.ts"
import { filterDays } from "./itemClasses.ts"
import type { OptionsBlock } from "./SyncRequest.ts"

const BodyType = Schema.Literal(1, 2, 3, 4)

const Preference = Schema.Struct({
  type: BodyType,
  truncationSize: Schema.NullOr(Schema.Number),
  allOrNone: Schema.Boolean,
  preview: Schema.NullOr(Schema.Number)
})

/** Body options as they are kept with a folder's cursor, and in a request that may be repeated by an empty one. */
export const StoredBody: Schema.Schema<BodyOptions> = Schema.Struct({
  bodyPreferences: Schema.Array(Preference),
  bodyPartPreference: Schema.NullOr(Preference),
  mimeSupport: Schema.Literal(0, 1, 2),
  mimeTruncation: Schema.NullOr(Schema.Number),
  rightsManagement: Schema.Boolean
})

/** Our part of a folder's options; what an older release kept and cannot be read is as if nothing had been said. */
export const bodyOptionsOf = (other: Json): BodyOptions =>
  Option.getOrElse(Schema.decodeUnknownOption(StoredBody)(other), () => defaultBodyOptions)

/** Octets counted for an item whose body a device wants whole: few are longer, and the answer is cut where they are. */
const wholeBodyBytes = 256 * 1024

/** How Core must tell a folder of mail to a device that sent this block; none = it never sent one. */
export const syncOptionsOf = (block: OptionsBlock | undefined): SyncOptions => {
  const body = block?.body ?? defaultBodyOptions
  return {
    days: filterDays(block?.filterType ?? 0),
    conflict: block?.conflict ?? "server",
    maxItemBytes: maxItemBytes(body),
    other: toJson(body)
  }
}

export const toJson = (body: BodyOptions): Json => ({
  ...body,
  bodyPreferences: body.bodyPreferences.map((preference) => ({ ...preference })),
  bodyPartPreference: body.bodyPartPreference === null ? null : { ...body.bodyPartPreference }
})

/** What the largest form asked for may take. */
const maxItemBytes = (body: BodyOptions): number => {
  const forms = body.bodyPreferences.filter(({ type }) => type !== 4)
  const text = Math.max(0, ...forms.map(({ truncationSize }) => truncationSize ?? wholeBodyBytes))
  return Math.max(forms.length === 0 ? wholeBodyBytes : text, mimeBytes(body))
}

const mimeBytes = ({ bodyPreferences, mimeSupport, mimeTruncation }: BodyOptions): number => {
  const mime = bodyPreferences.find(({ type }) => type === 4)
  if (mimeSupport === 0 || mime === undefined) return 0
  return mime.truncationSize ?? mimeTruncation ?? Number.MAX_SAFE_INTEGER
}
