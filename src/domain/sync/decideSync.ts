import type { SyncCommand } from "../Command.ts"
import type { MessageId } from "../ids.ts"
import type { Decided, View } from "../mailbox/decide/View.ts"
import { synchronise } from "./decideSynchronise.ts"
import { lookUpDevice, resetDevice } from "./device.ts"
import { estimate } from "./estimate.ts"
import type { KnownView } from "./KnownView.ts"
import type { SyncWish } from "./Synchronise.ts"
import { syncFolders } from "./syncFolders.ts"

/** What a command about a device does: changes of the mailbox and what the device knows from now on. */
export const decideSync = (view: View, command: SyncCommand): Decided => {
  const { sync } = view
  if (sync === undefined) throw new Error(`${command._tag} was decided without what it needs`)
  const known: KnownView = { ...view, sync }
  switch (command._tag) {
    case "Synchronise":
      return synchronise(known, command)
    case "SyncFolders":
      return syncFolders(known, command)
    case "LookUpDevice":
      return lookUpDevice(known, command)
    case "Estimate":
      return estimate(known, command)
    case "ResetDevice":
      return resetDevice(command)
  }
}

/** The messages that the device's changes are about. */
export const messagesNamed = (wish: SyncWish<unknown>): ReadonlyArray<MessageId> =>
  wish.collections.flatMap(({ changes }) =>
    changes.flatMap((change) => ("messageId" in change ? [change.messageId] : []))
  )
