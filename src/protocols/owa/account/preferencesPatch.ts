import { Schema } from "effect"
import { parseAddress, parseDomain } from "../../../domain/EmailAddress.ts"
import { FolderId } from "../../../domain/ids.ts"
import type { Preferences } from "../../../domain/Preferences.ts"

/** What no list of anybody reaches; the limits of a deployment are `PreferencesConfig`. */
const most = 10_000
const maxFrame = 256 * 1024

const name = Schema.String.pipe(Schema.maxLength(100))
const id = Schema.String.pipe(Schema.pattern(/^[\w-]{1,64}$/))

const isSender = (text: string): boolean =>
  text === text.toLowerCase() &&
  (text.includes("@") ? parseAddress(text) : parseDomain(text))._tag === "Right"

const sender = Schema.String.pipe(Schema.maxLength(320), Schema.filter(isSender))

const isTimeZone = (text: string): boolean => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== ""
  } catch {
    return false
  }
}

const folderId = Schema.Number.pipe(
  Schema.filter(Number.isSafeInteger),
  Schema.greaterThanOrEqualTo(0),
  Schema.fromBrand(FolderId)
)

const Field = {
  density: Schema.Literal("comfortable", "cozy", "compact"),
  isThreaded: Schema.Boolean,
  readingPane: Schema.Literal("right", "bottom", "off"),
  readAfterSeconds: Schema.NullOr(Schema.Int.pipe(Schema.between(0, 3_600))),
  language: Schema.NullOr(Schema.Literal("en", "de")),
  theme: Schema.NullOr(Schema.Literal("system", "light", "dark")),
  timeZone: Schema.NullOr(Schema.String.pipe(Schema.maxLength(64), Schema.filter(isTimeZone))),
  signatures: Schema.Array(
    Schema.Struct({ id, name, html: Schema.String.pipe(Schema.maxLength(maxFrame)) })
  ).pipe(
    Schema.maxItems(most),
    Schema.filter((all) => new Set(all.map((one) => one.id)).size === all.length)
  ),
  signatureOfNew: Schema.NullOr(id),
  signatureOfAnswers: Schema.NullOr(id),
  trustedSenders: Schema.Array(sender).pipe(Schema.maxItems(most)),
  blockedSenders: Schema.Array(sender).pipe(Schema.maxItems(most)),
  favourites: Schema.Array(folderId).pipe(Schema.maxItems(most)),
  hasNotifications: Schema.NullOr(Schema.Boolean)
} satisfies {
  readonly [K in keyof Preferences]: Schema.Schema<Preferences[K], never> | Schema.Schema.AnyNoContext
}

/** Any of the fields; what is none of them is left out. */
export const preferencesPatch = Schema.partialWith(Schema.Struct(Field), { exact: true })
