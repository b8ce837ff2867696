import { Context, type Effect, type Stream } from "effect"
import type {
  Compliance,
  Device,
  DeviceAccess,
  DeviceInformation,
  HeartbeatStatistics,
  OfferedPolicy,
  StandingChange,
  WipeScope
} from "../../domain/Device.ts"
import type { DeviceRules } from "../../domain/DevicePolicy.ts"
import type { NotFound, Unavailable } from "../../domain/errors.ts"
import type { DeviceId, MailboxId, TenantId } from "../../domain/ids.ts"
import type { Page } from "../directory/Directory.ts"

/** Names a device of a mailbox. */
export interface DeviceKey {
  readonly mailboxId: MailboxId
  readonly deviceId: DeviceId
}

/** All that decides whether a request of a device is let in. */
export interface Standing {
  /** Whether the person's account is active. */
  readonly isActive: boolean
  /** Whether devices may synchronise the mailbox at all. */
  readonly maySync: boolean
  /** The same object as long as nobody changed them. */
  readonly rules: DeviceRules
  /** Null = never seen. */
  readonly device: Device | null
}

export interface NewDevice extends DeviceKey {
  readonly type: string
  readonly userAgent: string
  readonly protocolVersion: string
  readonly access: DeviceAccess
}

export interface Registered {
  /** Null = the mailbox has as many as it may have. */
  readonly device: Device | null
  /** Made room for it: of those that nobody saw for a month, and nobody decided anything about, the longest unseen. */
  readonly forgotten: DeviceId | null
}

/** What was seen of a device since it was last recorded. */
export interface Sighting extends DeviceKey {
  readonly type: string
  readonly userAgent: string
  readonly userAgentChanges: number
  readonly protocolVersion: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Counts are added; `lastSeconds` and `longestSeconds` are as they are. */
  readonly heartbeats: HeartbeatStatistics
}

type OnDevice<A = void> = Effect.Effect<A, NotFound | Unavailable>

/** Devices, what tenants ask of them, and whose mailboxes they may synchronise. */
export class DeviceStore extends Context.Tag("postroom/storage/DeviceStore")<
  DeviceStore,
  {
    /** One query. */
    readonly standing: (key: DeviceKey, tenantId: TenantId) => Effect.Effect<Standing, NotFound | Unavailable>
    /** A device that is there by now is given as it is. */
    readonly register: (
      device: NewDevice,
      maxDevices: number
    ) => Effect.Effect<Registered, NotFound | Unavailable>
    /** One statement for all; of devices that are gone nothing is kept. At most one for each device. */
    readonly record: (sightings: ReadonlyArray<Sighting>) => Effect.Effect<void, Unavailable>
    /** In the order of their ids. */
    readonly devices: (mailboxId: MailboxId, page: Page) => Effect.Effect<ReadonlyArray<Device>, Unavailable>
    readonly device: (key: DeviceKey) => OnDevice<Device>
    /** Allowing a device that was wiped ends the wipe: it begins anew. */
    readonly setAccess: (
      key: DeviceKey,
      decision: { readonly access: DeviceAccess; readonly reason: string }
    ) => OnDevice
    /** Null takes back what was not acknowledged yet. */
    readonly setWipe: (key: DeviceKey, scope: WipeScope | null) => OnDevice
    readonly markWipeSent: (key: DeviceKey) => Effect.Effect<void, Unavailable>
    /** False = there was none due. A device that was wiped is blocked. */
    readonly settleWipe: (key: DeviceKey, succeeded: boolean) => Effect.Effect<boolean, Unavailable>
    /** False = there was none. */
    readonly remove: (key: DeviceKey) => Effect.Effect<boolean, Unavailable>
    /** What is absent stays as it was. */
    readonly describe: (key: DeviceKey, information: DeviceInformation) => OnDevice
    readonly offer: (key: DeviceKey, policy: OfferedPolicy) => OnDevice
    /** False = `offeredKey` is not the one that was sent. The same may be acknowledged again: the answer may be lost. */
    readonly acknowledge: (
      key: DeviceKey,
      of: { readonly offeredKey: number; readonly newKey: number; readonly compliance: Compliance }
    ) => Effect.Effect<boolean, Unavailable>
    readonly rules: (tenantId: TenantId) => Effect.Effect<DeviceRules, Unavailable>
    readonly setRules: (tenantId: TenantId, rules: DeviceRules) => Effect.Effect<void, NotFound | Unavailable>
    readonly setMaySync: (
      mailboxId: MailboxId,
      maySync: boolean
    ) => Effect.Effect<void, NotFound | Unavailable>
    /** From now on, of all processes. Never fails and never ends. */
    readonly standingChanges: Stream.Stream<StandingChange>
  }
>() {}
