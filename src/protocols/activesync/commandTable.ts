import { Effect, Layer } from "effect"
import { Core } from "../../rpc/Core.ts"
import { Devices } from "../../rpc/Devices.ts"
import { People } from "../../rpc/People.ts"
import { Sync } from "../../rpc/Sync.ts"
import { ActiveSyncConfig } from "./ActiveSyncConfig.ts"
import { Commands } from "./Commands.ts"
import { find } from "./commands/find.ts"
import { folderCreate, folderDelete, folderUpdate } from "./commands/folderChanges.ts"
import { folderSync } from "./commands/folderSync.ts"
import { getAttachment } from "./commands/getAttachment.ts"
import { getItemEstimate } from "./commands/getItemEstimate.ts"
import { itemOperations } from "./commands/itemOperations.ts"
import { meetingResponse } from "./commands/meetingResponse.ts"
import { moveItems } from "./commands/moveItems.ts"
import { ping } from "./commands/ping.ts"
import { provision } from "./commands/provision.ts"
import { resolveRecipients } from "./commands/resolveRecipients.ts"
import { search } from "./commands/search.ts"
import { composeServices } from "./commands/sending.ts"
import { sendMail } from "./commands/sendMail.ts"
import { settings } from "./commands/settings.ts"
import { smartForward } from "./commands/smartForward.ts"
import { smartReply } from "./commands/smartReply.ts"
import { sync } from "./commands/sync.ts"
import { syncServices } from "./commands/syncServices.ts"
import { validateCert } from "./commands/validateCert.ts"

/** Each command that there is, with what makes it. */
const makers = {
  Find: Effect.zipWith(Core, People, (core, people) => find({ core, people })),
  FolderSync: Effect.map(Sync, folderSync),
  FolderCreate: Effect.map(Sync, folderCreate),
  FolderUpdate: Effect.map(Sync, folderUpdate),
  FolderDelete: Effect.map(Sync, folderDelete),
  GetItemEstimate: Effect.map(Sync, getItemEstimate),
  MoveItems: Effect.map(Core, moveItems),
  Ping: Effect.map(syncServices, ping),
  Sync: Effect.map(syncServices, sync),
  GetAttachment: Effect.zipWith(Core, ActiveSyncConfig, getAttachment),
  ItemOperations: Effect.zipWith(Core, ActiveSyncConfig, itemOperations),
  MeetingResponse: Effect.map(Core, meetingResponse),
  Provision: Effect.map(Devices, provision),
  ResolveRecipients: Effect.map(People, resolveRecipients),
  Search: Effect.map(Effect.all({ core: Core, people: People, settings: ActiveSyncConfig }), search),
  Settings: Effect.zipWith(Devices, People, settings),
  SendMail: Effect.map(composeServices, sendMail),
  SmartReply: Effect.map(composeServices, smartReply),
  SmartForward: Effect.map(composeServices, smartForward),
  ValidateCert: Effect.succeed(validateCert())
}

export const layer = Layer.effect(Commands, Effect.all(makers))
