import type { Call } from "../../rpc/Call.ts"
import type { Request } from "./Command.ts"

/** What every call on Core carries of the request it is made for. Changes come from the device. */
export const callOf = ({ principal, correlationId, remote, deviceId }: Request): Call => ({
  principal,
  correlationId,
  remote,
  origin: `eas:${deviceId}`
})

/** Of commands that are no Sync: what they change the device is told by Sync like of anybody's changes (MS-ASCMD_R289). */
export const itemsCallOf = (request: Request): Call => ({
  ...callOf(request),
  origin: `eas-items:${request.deviceId}`
})

/**
 * Of commands that send: the device has to hear of the copy in Sent Items and of mail to itself, too, and whose device it
 * was is nothing for the journals of those who get the mail.
 */
export const sendingCallOf = (request: Request): Call => ({ ...callOf(request), origin: "eas" })
