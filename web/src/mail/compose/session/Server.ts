import type { Store } from "../../../shell/store.ts"
import type { MailStore } from "../../store/MailStore.ts"
import type { Presence } from "../../wire/Connection.ts"

/** What writing needs of the page's mail. */
export interface Server {
  readonly ask: MailStore["ask"]
  readonly presence: Store<Presence>
  readonly state: MailStore["state"]
  readonly order: MailStore["order"]
}
