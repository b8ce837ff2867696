import { Effect } from "effect"
import type { Router } from "../../actors/mailbox/MailboxProtocol.ts"
import { isWipeDue } from "../../domain/Device.ts"
import { type CoreError, InvalidRequest, NotFound } from "../../domain/errors.ts"
import type { FolderId } from "../../domain/ids.ts"
import type { DeviceKey, DeviceStore } from "../../storage/devices/DeviceStore.ts"
import type { Directory } from "../../storage/directory/Directory.ts"
import type { AdminLimits } from "../AdminConfig.ts"
import type { DevicesMethods } from "../Devices.ts"
import type { Authorized } from "../guard.ts"
import { makeTenancy } from "./tenancy.ts"

export interface DeviceServices {
  readonly directory: Directory["Type"]
  readonly store: DeviceStore["Type"]
  readonly router: Router["Type"]
  readonly limits: Pick<AdminLimits, "pageSize" | "maxPageSize">
}

type Input<Method extends keyof DevicesMethods> = Parameters<DevicesMethods[Method]>[1]

/** Handlers of devices and of what tenants ask of them. Whoever belongs to a tenant meets nothing but that tenant. */
export const makeDeviceHandlers = ({ directory, store, limits, router }: DeviceServices) => {
  const { paged, oneTenant, userById } = makeTenancy({ directory, limits })

  /** Of a mailbox that the caller may know of. */
  const on = <A>(
    call: Authorized,
    { mailboxId, deviceId }: DeviceKey,
    use: (key: DeviceKey) => Effect.Effect<A, CoreError>
  ): Effect.Effect<A, CoreError> => Effect.zipRight(userById(call, mailboxId), use({ mailboxId, deviceId }))

  /** The mailbox's actor alone writes what devices were told. */
  const forget = (call: Authorized, { mailboxId, deviceId }: DeviceKey, folderId: FolderId | null) =>
    router.ask({
      mailboxId,
      command: { _tag: "ResetDevice", deviceId, folderId },
      origin: call.origin,
      correlationId: call.correlationId,
      operationId: null
    })

  return {
    listDevices: (call: Authorized, input: Input<"listDevices">) =>
      Effect.zipRight(
        userById(call, input.mailboxId),
        paged(input, {
          read: (page) => store.devices(input.mailboxId, page),
          name: ({ deviceId }) => deviceId
        })
      ),
    getDevice: (call: Authorized, input: Input<"getDevice">) => on(call, input, store.device),
    setDeviceAccess: (call: Authorized, input: Input<"setDeviceAccess">) =>
      on(call, input, (key) => store.setAccess(key, input)),
    wipeDevice: (call: Authorized, input: Input<"wipeDevice">) =>
      on(call, input, (key) => store.setWipe(key, input.scope)),
    cancelWipe: (call: Authorized, input: Input<"cancelWipe">) =>
      on(call, input, (key) =>
        Effect.filterOrFail(
          store.device(key),
          isWipeDue,
          () => new InvalidRequest({ message: "The device is not to be wiped, or it was." })
        ).pipe(Effect.zipRight(store.setWipe(key, null)))
      ),
    removeDevice: (call: Authorized, input: Input<"removeDevice">) =>
      on(call, input, (key) =>
        Effect.zipRight(
          forget(call, key, null),
          Effect.filterOrFail(
            store.remove(key),
            (isRemoved) => isRemoved,
            () => new NotFound({ what: "device" })
          )
        )
      ),
    resetDevice: (call: Authorized, input: Input<"resetDevice">) =>
      on(call, input, (key) => Effect.zipRight(store.device(key), forget(call, key, input.folderId))),
    setDeviceSync: (call: Authorized, { mailboxId, maySync }: Input<"setDeviceSync">) =>
      Effect.zipRight(userById(call, mailboxId), store.setMaySync(mailboxId, maySync)),
    getDeviceRules: (call: Authorized, { tenant }: Input<"getDeviceRules">) =>
      Effect.flatMap(oneTenant(call, tenant), store.rules),
    setDeviceRules: (call: Authorized, { tenant, rules }: Input<"setDeviceRules">) =>
      Effect.flatMap(oneTenant(call, tenant), (tenantId) => store.setRules(tenantId, rules))
  }
}
