import type { DeviceId, MailboxId, TenantId } from "./ids.ts"

/** Whether a device may use the mailbox; in quarantine it waits for somebody to decide. */
export type DeviceAccess = "allowed" | "blocked" | "quarantined"

/** What a device is to forget: everything, or the account alone (16.1). */
export type WipeScope = "device" | "account"

/** `sent` = the device was told and has not said what became of it. */
export type WipeState = "pending" | "sent" | "acknowledged" | "failed"

export interface Wipe {
  readonly scope: WipeScope
  readonly state: WipeState
  /** Epoch milliseconds. */
  readonly askedAt: number
  readonly changedAt: number
}

/** How far a device said it follows a policy (MS-ASPROV 2.2.2.54.1): 1, 2, 3, 4. */
export const compliances = ["full", "partial", "refused", "managed"] as const
export type Compliance = (typeof compliances)[number]

/** A policy as it was sent to a device. */
export interface OfferedPolicy {
  readonly key: number
  /** Of what was sent, in the protocol version that it was sent in. */
  readonly version: string
}

export interface AcknowledgedPolicy extends OfferedPolicy {
  readonly compliance: Compliance
  /** Epoch milliseconds. */
  readonly at: number
}

/** What a device says of itself (MS-ASCMD 2.2.3.45); what it never said is absent. */
export interface DeviceInformation {
  readonly model?: string
  readonly imei?: string
  readonly friendlyName?: string
  readonly os?: string
  readonly osLanguage?: string
  readonly phoneNumber?: string
  readonly mobileOperator?: string
  readonly userAgent?: string
}

/** How long a device's waiting requests last: what its network lets live. */
export interface HeartbeatStatistics {
  readonly count: number
  /** Ended because something came, because the time was up, because the device went away or asked anew. */
  readonly changed: number
  readonly expired: number
  readonly gone: number
  /** Seconds asked for last; 0 = never. */
  readonly lastSeconds: number
  /** The longest that lasted to its end. */
  readonly longestSeconds: number
}

export type HeartbeatEnd = "changed" | "expired" | "gone"

/** One device's partnership with one mailbox. */
export interface Device {
  readonly mailboxId: MailboxId
  readonly deviceId: DeviceId
  readonly type: string
  readonly userAgent: string
  /** Going up by the hour, it says that two devices go by one id. */
  readonly userAgentChanges: number
  /** All that it has ever spoken, the newest last. */
  readonly protocolVersions: ReadonlyArray<string>
  readonly information: DeviceInformation
  /** Epoch milliseconds. */
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  readonly access: DeviceAccess
  /** Why; "" where nobody said. */
  readonly accessReason: string
  /** Sent and not acknowledged yet. */
  readonly offered: OfferedPolicy | null
  readonly acknowledged: AcknowledgedPolicy | null
  readonly wipe: Wipe | null
  readonly heartbeats: HeartbeatStatistics
}

/** Something changed that decides whether devices are let in; null = of all of them. */
export interface StandingChange {
  readonly tenantId: TenantId | null
  readonly mailboxId: MailboxId | null
  readonly deviceId: DeviceId | null
}

export const everyStanding: StandingChange = { tenantId: null, mailboxId: null, deviceId: null }

/** Whether a device must still be told to forget. */
export const isWipeDue = ({ wipe }: Pick<Device, "wipe">): boolean =>
  wipe !== null && wipe.state !== "acknowledged"
