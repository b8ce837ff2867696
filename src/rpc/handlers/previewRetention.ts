import { Clock, Duration, Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { FolderRole } from "../../domain/Folder.ts"
import type { MailboxId, Uid } from "../../domain/ids.ts"
import { type Expiry, expiries } from "../../domain/retention.ts"
import type { Retention, RetentionWindow } from "../../storage/retention/Retention.ts"
import type { ExpiredMessages } from "../Upkeep.ts"

/** Messages of a folder that are looked at by one statement. */
const windowSize = 5000

type Store = Retention["Type"]

/** Counts what retention would remove from a mailbox now; null = it is on hold. */
export const previewMailbox = (
  retention: Store,
  mailboxId: MailboxId
): Effect.Effect<ReadonlyArray<ExpiredMessages> | null, Unavailable> =>
  Effect.gen(function* () {
    const plan = yield* retention.plan(mailboxId)
    if (plan === null) return []
    if (plan.isHeld) return null
    const now = yield* Clock.currentTimeMillis
    return yield* Effect.forEach(expiries(plan.policies, plan.folders), (expiry) =>
      previewFolder(retention, { mailboxId, expiry, now })
    )
  })

const previewFolder = Effect.fnUntraced(function* (
  retention: Store,
  { mailboxId, expiry, now }: { readonly mailboxId: MailboxId; readonly expiry: Expiry; readonly now: number }
) {
  const { folderId, role, keepDays, countsFromChange } = expiry
  const before = now - Duration.toMillis(Duration.days(keepDays))
  const found = { role, messages: 0, sizeBytes: 0 }
  let afterUid: Uid | null = null
  do {
    const window: RetentionWindow = yield* retention.window(mailboxId, {
      folderId,
      before,
      countsFromChange,
      afterUid,
      limit: windowSize
    })
    found.messages += window.messageIds.length
    found.sizeBytes += window.sizeBytes
    afterUid = window.lastUid
  } while (afterUid !== null)
  return found
})

/** One entry for each role of which there is something to remove. */
export const addUp = (all: ReadonlyArray<ExpiredMessages>): ReadonlyArray<ExpiredMessages> => {
  const sums = new Map<FolderRole, ExpiredMessages>()
  for (const { role, messages, sizeBytes } of all) {
    if (messages === 0) continue
    const before = sums.get(role)
    sums.set(role, {
      role,
      messages: messages + (before?.messages ?? 0),
      sizeBytes: sizeBytes + (before?.sizeBytes ?? 0)
    })
  }
  return [...sums.values()]
}
