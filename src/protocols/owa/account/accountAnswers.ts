import type { DeviceAccess, Wipe } from "../../../domain/Device.ts"
import type { DeviceId } from "../../../domain/ids.ts"

/** A phone or program that synchronises the mailbox. Times are epoch milliseconds. */
export interface DeviceRow {
  readonly deviceId: DeviceId
  /** As it calls itself; "" where it says nothing. */
  readonly name: string
  readonly model: string
  readonly system: string
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  readonly access: DeviceAccess
  readonly wipe: Pick<Wipe, "scope" | "state"> | null
}

export interface SessionRow {
  readonly id: string
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly userAgent: string
  /** The one that asks. */
  readonly isOwn: boolean
}

/** A password for one program, without which it does not come in any more. */
export interface AppPasswordRow {
  readonly id: string
  readonly label: string
  readonly createdAt: number
}

/** The secret is told now and never again. */
export interface NewAppPassword extends AppPasswordRow {
  readonly secret: string
  /** What goes with it: the address that the person signs in with. */
  readonly address: string
}
