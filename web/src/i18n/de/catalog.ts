import type { Catalog } from "../en/catalog.ts"
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

export const de: Catalog = {
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
}
