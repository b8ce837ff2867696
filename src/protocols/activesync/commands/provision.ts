import { Effect } from "effect"
import { type Compliance, type Device, isWipeDue, type WipeScope } from "../../../domain/Device.ts"
import { type DevicePolicy, permissivePolicy } from "../../../domain/DevicePolicy.ts"
import type { CoreError } from "../../../domain/errors.ts"
import { DeviceId } from "../../../domain/ids.ts"
import type { Devices } from "../../../rpc/Devices.ts"
import { type Answer, type Command, isAtLeast, type Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { deviceInformationAnswer, readDeviceInformation } from "../deviceInformation.ts"
import { presenceOf } from "../policy.ts"
import { policyDocument, policyVersion } from "../policyDocument.ts"
import { StatusError } from "../status.ts"
import { childOf, type Element } from "../wbxml/element.ts"
import {
  acknowledgementAnswer,
  offerAnswer,
  ok,
  protocolError,
  statusAlone,
  unknownTypeAnswer,
  wbxmlPolicies,
  wipeAnswer
} from "./provisionAnswers.ts"
import { type ProvisionRequest, readProvision } from "./provisionRequest.ts"

/** Common statuses (MS-ASCMD 2.2.4). */
const policyNotFollowed = 139
const externallyManaged = 145
const informationRequired = 165

type Acknowledged = Extract<ProvisionRequest, { readonly _tag: "PolicyAcknowledged" }>
type Answered = Effect.Effect<Answer, StatusError | CoreError>

interface Met {
  readonly device: Device
  readonly policy: DevicePolicy
}

/**
 * Tells devices what they are to follow, and to forget (MS-ASPROV 3.2.5.1). Where a tenant asks nothing, a device that
 * wants a policy gets one that forbids nothing: clients take "no policy" for a failure, or ask again and again.
 */
export const provision = ({ own }: Pick<Devices["Type"], "own">): Command => {
  const tellWipe = (request: Request, scope: WipeScope, status: number): Answered =>
    Effect.as(own.tellWipe(callOf(request), named(request)), wipeAnswer(scope, status))

  const settleWipe = Effect.fnUntraced(function* (request: Request, scope: WipeScope, succeeded: boolean) {
    const wasDue = yield* own.settleWipe(callOf(request), { ...named(request), succeeded })
    if (!wasDue) return statusAlone(protocolError)
    // MS-ASPROV_R665, MS-ASPROV_R701: it is told again.
    return succeeded ? statusAlone(ok) : yield* tellWipe(request, scope, protocolError)
  })

  /** Keeps what the device says of itself and answers that. */
  const describe = Effect.fnUntraced(function* (request: Request, said: Element) {
    const read = readDeviceInformation(said)
    if ("status" in read) return deviceInformationAnswer(read.status)
    yield* own.describe(callOf(request), { ...named(request), information: read.information })
    return deviceInformationAnswer(ok)
  })

  const offer = Effect.fnUntraced(function* (request: Request, policy: DevicePolicy) {
    const said = childOf(request.document ?? undefined, "Settings:DeviceInformation")
    if (said === undefined && isAtLeast(request.version, "14.1")) {
      return yield* new StatusError({ status: informationRequired })
    }
    const information = said === undefined ? null : yield* describe(request, said)
    const version = policyVersion(policy)
    const key = yield* own.offerPolicy(callOf(request), { ...named(request), version })
    return offerAnswer(information, { key, document: policyDocument(policy) })
  })

  const acknowledge = Effect.fnUntraced(function* (
    request: Request,
    { key, compliance }: Acknowledged,
    { device, policy }: Met
  ) {
    if (device.offered?.key !== key) return acknowledgementAnswer(null)
    const status = shortcomingOf(compliance, policy)
    if (status !== null) return yield* new StatusError({ status })
    const granted = yield* own.acknowledgePolicy(callOf(request), { ...named(request), key, compliance })
    return acknowledgementAnswer(granted)
  })

  const respond = (request: Request, asked: ProvisionRequest, met: Met): Answered => {
    if (asked._tag === "WipeAcknowledged") return settleWipe(request, asked.scope, asked.succeeded)
    const { wipe } = met.device
    // Whatever else it asks: first it is to forget.
    if (wipe !== null && isWipeDue(met.device)) return tellWipe(request, wipe.scope, ok)
    if (asked._tag === "Question") return Effect.succeed(statusAlone(ok))
    if (asked.policyType !== wbxmlPolicies) return Effect.succeed(unknownTypeAnswer(asked.policyType))
    return asked._tag === "PolicyWanted" ? offer(request, met.policy) : acknowledge(request, asked, met)
  }

  return (request) => {
    const asked = request.document === null ? undefined : readProvision(request.document)
    if (asked === undefined) return Effect.succeed(statusAlone(protocolError))
    return Effect.flatMap(own.meet(callOf(request), presenceOf(request)), ({ device, rules }): Answered => {
      // Whoever has none was refused before; it is gone since.
      if (device === null) return Effect.succeed(statusAlone(protocolError))
      return respond(request, asked, { device, policy: rules.policy ?? permissivePolicy })
    })
  }
}

const named = ({ deviceId }: Request) => ({ deviceId: DeviceId(deviceId) })

/** Why what a device says that it follows is not enough; null where it is. */
const shortcomingOf = (
  compliance: Compliance,
  { allowsNonProvisionable, allowsExternallyManaged }: DevicePolicy
): number | null => {
  switch (compliance) {
    case "full":
      return null
    case "managed":
      return allowsExternallyManaged ? null : externallyManaged
    case "partial":
    case "refused":
      return allowsNonProvisionable ? null : policyNotFollowed
  }
}
