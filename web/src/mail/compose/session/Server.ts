import type { Presence } from "../../wire/Connection.ts"
import type { MailStore } from "../../store/MailStore.ts"
import type { Store } from "../../../shell/store.ts"

/** What writing needs of the page's mail. */
export interface Server {
  readonly ask: MailStore["ask"]
  readonly presence: Store<Presence>
  readonly state: MailStore["state"]
}
