import type { Call } from "../../rpc/Call.ts"
import type { Request } from "./Command.ts"

/** What every call on Core carries of the request it is made for. Changes come from the device. */
export const callOf = ({ principal, correlationId, remote, deviceId }: Request): Call => ({
  principal,
  correlationId,
  remote,
  origin: `eas:${deviceId}`
})
