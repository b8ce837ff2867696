import { Clock, Duration, Effect } from "effect"
import { type Device, isWipeDue } from "../../domain/Device.ts"
import type { DevicePolicy } from "../../domain/DevicePolicy.ts"
import type { CoreError } from "../../domain/errors.ts"
import { DeviceId } from "../../domain/ids.ts"
import type { DeviceStanding, Devices, Presence } from "../../rpc/Devices.ts"
import { isAtLeast, type Request } from "./Command.ts"
import { callOf } from "./callOf.ts"
import { policyVersion } from "./policyDocument.ts"
import { StatusError } from "./status.ts"

/** Common statuses that keep a device out (MS-ASCMD 2.2.4). */
const refusals = {
  userMayNotSync: 126,
  deviceNotAllowed: 129,
  userDisabled: 131,
  wipeAsked: 140,
  notProvisionable: 141,
  notProvisioned: 142,
  policyChanged: 143,
  wrongPolicyKey: 144,
  tooManyDevices: 177
} as const

type Asking = Pick<Request, "command" | "version" | "policyKey">

/** Why a request is not let in; null where it is. */
export const refusalOf = (standing: DeviceStanding, request: Asking, now: number): number | null => {
  const { isActive, maySync, device, rules } = standing
  if (!isActive) return refusals.userDisabled
  if (!maySync) return refusals.userMayNotSync
  if (device === null) return refusals.tooManyDevices
  return (
    wipeRefusal(device, request) ??
    accessRefusal(device, request) ??
    (rules.policy === null || asksFreely.has(request.command)
      ? null
      : policyRefusal(device, { policy: rules.policy, policyKey: request.policyKey, now }))
  )
}

/** Compare no policy key (REQUIREMENTS 5.1): Provision gets one, Ping tells nothing. */
const asksFreely: ReadonlySet<Request["command"]> = new Set(["Provision", "Ping"])

/** Whether the device understands what it is to be told. Only 16.1 forgets the account alone. */
export const canWipe = ({ wipe }: Device, version: Request["version"]): boolean =>
  wipe?.scope === "device" || isAtLeast(version, "16.1")

const wipeRefusal = (device: Device, { command, version }: Asking): number | null => {
  if (!isWipeDue(device)) return null
  // It would ask again and again and never be told; so it is kept out until it understands.
  if (!canWipe(device, version)) return refusals.deviceNotAllowed
  return command === "Provision" ? null : refusals.wipeAsked
}

/** In quarantine a device may say what it is, so that somebody can decide. */
const isIntroduction: ReadonlySet<Request["command"]> = new Set(["Provision", "Settings"])

const accessRefusal = (device: Device, { command }: Asking): number | null => {
  if (device.access === "allowed") return null
  if (device.access === "quarantined" && isIntroduction.has(command)) return null
  // Provision is the way to a wipe, also of a blocked device.
  return command === "Provision" && isWipeDue(device) ? null : refusals.deviceNotAllowed
}

interface PolicyCheck {
  readonly policy: DevicePolicy
  readonly policyKey: string | null
  readonly now: number
}

const policyRefusal = ({ acknowledged }: Device, { policy, policyKey, now }: PolicyCheck): number | null => {
  if (policyKey === null || policyKey === "" || policyKey === "0") {
    // A device that sends no key at all does not provision; one that sends 0 is ready to.
    if (policyKey !== "0" && policy.allowsNonProvisionable) return null
    // MS-ASPROV_R458: it had a key and submits none. Before its first it is told how to get one.
    return policyKey !== "0" && acknowledged !== null ? refusals.notProvisionable : refusals.notProvisioned
  }
  if (acknowledged === null || Number(policyKey) !== acknowledged.key) return refusals.wrongPolicyKey
  if (acknowledged.version !== policyVersion(policy)) return refusals.policyChanged
  return isStale(acknowledged.at, policy.refreshHours, now) ? refusals.policyChanged : null
}

const isStale = (acknowledgedAt: number, refreshHours: number | null, now: number): boolean =>
  refreshHours !== null && now - acknowledgedAt > Duration.toMillis(Duration.hours(refreshHours))

/** What the request says of its device. */
export const presenceOf = ({ deviceId, deviceType, userAgent, version }: Request): Presence => ({
  deviceId: DeviceId(deviceId),
  deviceType,
  userAgent,
  protocolVersion: version
})

/**
 * What stands before every command: the request is of a device that the person and the tenant let in, and that follows
 * the policy. Records that the device was seen.
 */
export const makeAdmit =
  ({ own }: Devices["Type"]) =>
  (request: Request): Effect.Effect<void, StatusError | CoreError> =>
    Effect.gen(function* () {
      const standing = yield* own.meet(callOf(request), presenceOf(request))
      const status = refusalOf(standing, request, yield* Clock.currentTimeMillis)
      if (status !== null) return yield* new StatusError({ status })
    })
