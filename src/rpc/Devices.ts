import { Context, type Effect, type Stream } from "effect"
import type {
  Compliance,
  Device,
  DeviceAccess,
  DeviceInformation,
  HeartbeatEnd,
  StandingChange,
  WipeScope
} from "../domain/Device.ts"
import type { DeviceRules } from "../domain/DevicePolicy.ts"
import type { CoreError } from "../domain/errors.ts"
import type { DeviceId, FolderId } from "../domain/ids.ts"
import type { PageInput, PageOf } from "./Admin.ts"
import type { Call } from "./Call.ts"
import type { OfMailbox } from "./Core.ts"

export interface OfDevice extends OfMailbox {
  readonly deviceId: DeviceId
}

/** What a request says of the device that it comes from. */
export interface Presence {
  readonly deviceId: DeviceId
  readonly deviceType: string
  readonly userAgent: string
  readonly protocolVersion: string
}

/** All that decides whether a device is let in. */
export interface DeviceStanding {
  /** Whether the person's account is active. */
  readonly isActive: boolean
  /** Whether devices may synchronise the mailbox at all. */
  readonly maySync: boolean
  /** The same object as long as nobody changed them. */
  readonly rules: DeviceRules
  /** Null = not let in: the mailbox has as many devices as it may have, or may have none. */
  readonly device: Device | null
}

export interface Heartbeat extends Presence {
  /** That were asked for. */
  readonly seconds: number
  readonly lastedSeconds: number
  readonly end: HeartbeatEnd
}

type Reply<A> = Effect.Effect<A, CoreError>

/** What protocols tell and ask of the caller's own device. Whoever is no person has none. */
export interface OwnDeviceMethods {
  /** A request came; a device that is new is registered. One query where it is known. */
  readonly meet: (call: Call, presence: Presence) => Reply<DeviceStanding>
  readonly describe: (
    call: Call,
    input: { readonly deviceId: DeviceId; readonly information: DeviceInformation }
  ) => Reply<void>
  /** A policy is on its way to the device. Answers with the key that acknowledges it. */
  readonly offerPolicy: (
    call: Call,
    input: { readonly deviceId: DeviceId; readonly version: string }
  ) => Reply<number>
  /** Answers with the key of all further requests; null where `key` is not the one that was offered. */
  readonly acknowledgePolicy: (
    call: Call,
    input: { readonly deviceId: DeviceId; readonly key: number; readonly compliance: Compliance }
  ) => Reply<number | null>
  /** The device is being told to forget. */
  readonly tellWipe: (call: Call, input: { readonly deviceId: DeviceId }) => Reply<void>
  /** The device said what became of it; one that forgot is let in no more. False = it was not asked to. */
  readonly settleWipe: (
    call: Call,
    input: { readonly deviceId: DeviceId; readonly succeeded: boolean }
  ) => Reply<boolean>
  /** A waiting request ended. Counted in memory, and written now and then. */
  readonly countHeartbeat: (call: Call, heartbeat: Heartbeat) => Effect.Effect<void>
}

/** One method for each rpc of `DeviceService` (`proto/postroom/core/v1/devices.proto`). A tenant that is null is the caller's. */
export interface DevicesMethods {
  readonly listDevices: (call: Call, input: OfMailbox & PageInput) => Reply<PageOf<Device>>
  readonly getDevice: (call: Call, input: OfDevice) => Reply<Device>
  readonly setDeviceAccess: (
    call: Call,
    input: OfDevice & { readonly access: DeviceAccess; readonly reason: string }
  ) => Reply<void>
  readonly wipeDevice: (call: Call, input: OfDevice & { readonly scope: WipeScope }) => Reply<void>
  readonly cancelWipe: (call: Call, input: OfDevice) => Reply<void>
  readonly removeDevice: (call: Call, input: OfDevice) => Reply<void>
  /** What the device was told of a folder, or of all of them, is forgotten: it begins anew. */
  readonly resetDevice: (call: Call, input: OfDevice & { readonly folderId: FolderId | null }) => Reply<void>
  readonly setDeviceSync: (call: Call, input: OfMailbox & { readonly maySync: boolean }) => Reply<void>
  readonly getDeviceRules: (call: Call, input: { readonly tenant: string | null }) => Reply<DeviceRules>
  readonly setDeviceRules: (
    call: Call,
    input: { readonly tenant: string | null; readonly rules: DeviceRules }
  ) => Reply<void>
}

export class Devices extends Context.Tag("postroom/rpc/Devices")<
  Devices,
  DevicesMethods & {
    readonly own: OwnDeviceMethods
    /** Ids and nothing else, for who keeps requests of devices waiting. From now on; never fails and never ends. */
    readonly standingChanges: Stream.Stream<StandingChange>
  }
>() {}
