import { Effect } from "effect"
import type { Directory, Resolution } from "../storage/directory/Directory.ts"
import { type Intake, type Recipient, RecipientRefused } from "./Intake.ts"

/** `Intake.resolve` over the directory. */
export const makeResolve =
  (directory: typeof Directory.Service): (typeof Intake.Service)["resolve"] =>
  (address) =>
    directory.resolve(address).pipe(
      Effect.catchTag("InvalidRequest", () => refuse("malformed")),
      Effect.flatMap((resolution) => toRecipient(address, resolution))
    )

const toRecipient = (address: string, resolution: Resolution): Effect.Effect<Recipient, RecipientRefused> => {
  switch (resolution._tag) {
    case "Mailbox": {
      const { mailboxId, tenantId, detail, isOverQuota } = resolution
      return isOverQuota ? refuse("overQuota") : Effect.succeed({ address, mailboxId, tenantId, detail })
    }
    case "UnknownUser":
      return refuse("unknownUser")
    case "Disabled":
      return refuse("disabled")
    case "ForeignDomain":
      return refuse("relayDenied")
  }
}

const refuse = (reason: RecipientRefused["reason"]) => Effect.fail(new RecipientRefused({ reason }))
