import { attachments } from "./attachments.ts"
import { cluster } from "./cluster.ts"
import { compose } from "./compose.ts"
import { deadLetters } from "./deadLetters.ts"
import { flow } from "./flow.ts"
import { mail } from "./mail.ts"
import { mailBody } from "./mailBody.ts"
import { search } from "./search.ts"
import { settings } from "./settings.ts"
import { shell } from "./shell.ts"

export const en = {
  ...shell,
  ...flow,
  ...deadLetters,
  ...cluster,
  ...compose,
  ...mail,
  ...mailBody,
  ...attachments,
  ...search,
  ...settings
} as const

export type MessageKey = keyof typeof en

/** A language says everything that English does. */
export type Catalog = Readonly<Record<MessageKey, string>>
