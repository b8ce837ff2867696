import { Effect, Layer } from "effect"
import { Core } from "../../rpc/Core.ts"
import { Devices } from "../../rpc/Devices.ts"
import { People } from "../../rpc/People.ts"
import { ActiveSyncConfig } from "./ActiveSyncConfig.ts"
import { Commands } from "./Commands.ts"
import { getAttachment } from "./commands/getAttachment.ts"
import { itemOperations } from "./commands/itemOperations.ts"
import { meetingResponse } from "./commands/meetingResponse.ts"
import { provision } from "./commands/provision.ts"
import { resolveRecipients } from "./commands/resolveRecipients.ts"
import { composeServices } from "./commands/sending.ts"
import { sendMail } from "./commands/sendMail.ts"
import { settings } from "./commands/settings.ts"
import { smartForward } from "./commands/smartForward.ts"
import { smartReply } from "./commands/smartReply.ts"
import { validateCert } from "./commands/validateCert.ts"

/** Each command that there is, with what makes it. */
const makers = {
  GetAttachment: Effect.zipWith(Core, ActiveSyncConfig, getAttachment),
  ItemOperations: Effect.zipWith(Core, ActiveSyncConfig, itemOperations),
  MeetingResponse: Effect.map(Core, meetingResponse),
  Provision: Effect.map(Devices, provision),
  ResolveRecipients: Effect.map(People, resolveRecipients),
  Settings: Effect.zipWith(Devices, People, settings),
  SendMail: Effect.map(composeServices, sendMail),
  SmartReply: Effect.map(composeServices, smartReply),
  SmartForward: Effect.map(composeServices, smartForward),
  ValidateCert: Effect.succeed(validateCert())
}

export const layer = Layer.effect(Commands, Effect.all(makers))
