import { randomInt } from "node:crypto"
import { Clock, Effect } from "effect"
import type { Router } from "../../actors/mailbox/MailboxProtocol.ts"
import type { Device } from "../../domain/Device.ts"
import type { CoreError } from "../../domain/errors.ts"
import type { DeviceId } from "../../domain/ids.ts"
import type { DeviceStore, Standing } from "../../storage/devices/DeviceStore.ts"
import type { DeviceStanding, Heartbeat, OwnDeviceMethods, Presence } from "../Devices.ts"
import type { OwnCall } from "../guard.ts"
import type { makeSightings } from "./sightings.ts"

type Input<Method extends keyof OwnDeviceMethods> = Parameters<OwnDeviceMethods[Method]>[1]

interface OwnDeviceServices {
  readonly store: DeviceStore["Type"]
  readonly router: Router["Type"]
  readonly sightings: Effect.Effect.Success<ReturnType<typeof makeSightings>>
}

/** Handlers of what the device of the caller tells and asks. */
export const makeOwnDeviceHandlers = ({ store, sightings, router }: OwnDeviceServices) => {
  const key = (call: OwnCall, deviceId: DeviceId) => ({ mailboxId: call.principal.mailboxId, deviceId })

  const seen = (call: OwnCall, presence: Presence, at: number) => ({
    ...key(call, presence.deviceId),
    type: shortened(presence.deviceType),
    userAgent: shortened(presence.userAgent),
    protocolVersion: presence.protocolVersion,
    at
  })

  const register = (
    call: OwnCall,
    presence: Presence,
    standing: Standing
  ): Effect.Effect<Device | null, CoreError> => {
    if (!standing.isActive || !standing.maySync) return Effect.succeed(null)
    const { defaultAccess, maxDevices } = standing.rules
    return store.register({ ...seen(call, presence, 0), access: defaultAccess }, maxDevices).pipe(
      Effect.tap(({ forgotten }) => (forgotten === null ? Effect.void : forget(call, forgotten))),
      Effect.map(({ device }) => device)
    )
  }

  /** Where this fails, what it was told stays and harms nobody. */
  const forget = (call: OwnCall, deviceId: DeviceId): Effect.Effect<void> =>
    Effect.ignore(
      router.ask({
        mailboxId: call.principal.mailboxId,
        command: { _tag: "ResetDevice", deviceId, folderId: null },
        origin: call.origin,
        correlationId: call.correlationId,
        operationId: null
      })
    )

  return {
    meet: Effect.fnUntraced(function* (call: OwnCall, presence: Presence) {
      const standing = yield* store.standing(key(call, presence.deviceId), call.principal.tenantId)
      const device = standing.device ?? (yield* register(call, presence, standing))
      if (device !== null) {
        sightings.see(seen(call, presence, yield* Clock.currentTimeMillis), device.userAgent)
      }
      const { isActive, maySync, rules } = standing
      return { isActive, maySync, rules, device } satisfies DeviceStanding
    }),
    describe: (call: OwnCall, { deviceId, information }: Input<"describe">) =>
      store.describe(key(call, deviceId), information),
    offerPolicy: (call: OwnCall, { deviceId, version }: Input<"offerPolicy">) => {
      const offered = { key: newKey(), version }
      return Effect.as(store.offer(key(call, deviceId), offered), offered.key)
    },
    acknowledgePolicy: (
      call: OwnCall,
      { deviceId, key: offeredKey, compliance }: Input<"acknowledgePolicy">
    ) => {
      const granted = newKey()
      return Effect.map(
        store.acknowledge(key(call, deviceId), { offeredKey, newKey: granted, compliance }),
        (isRight) => (isRight ? granted : null)
      )
    },
    tellWipe: (call: OwnCall, { deviceId }: Input<"tellWipe">) => store.markWipeSent(key(call, deviceId)),
    settleWipe: (call: OwnCall, { deviceId, succeeded }: Input<"settleWipe">) =>
      store.settleWipe(key(call, deviceId), succeeded),
    countHeartbeat: (call: OwnCall, heartbeat: Heartbeat) =>
      Effect.map(Clock.currentTimeMillis, (at) => sightings.count(seen(call, heartbeat, at), heartbeat))
  }
}

/** 1 to 2^32 - 1: 0 is what a device sends that has none. */
const newKey = () => randomInt(1, 2 ** 32)

const maxShown = 255

/** What Postgres can hold of what a device calls itself. */
const shortened = (text: string) => text.replaceAll("\u0000", "").slice(0, maxShown)
