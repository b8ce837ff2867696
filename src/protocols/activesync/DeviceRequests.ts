import { Effect } from "effect"
import type { StandingChange } from "../../domain/Device.ts"
import type { DeviceId, MailboxId, TenantId } from "../../domain/ids.ts"
import { metrics } from "../../observability/metrics.ts"
import type { CommandName, Leaving } from "./Command.ts"

/** Whose device a request is of. */
export interface Whose {
  readonly tenantId: TenantId
  readonly mailboxId: MailboxId
  readonly deviceId: DeviceId
}

/** A request that is being answered. */
export interface UnderWay {
  readonly gone: Effect.Effect<Leaving>
  readonly isGone: boolean
  /** True once somebody has waited for `gone`. */
  readonly hasParked: boolean
  /** Whoever waits for `gone` is told. */
  readonly leave: (why: Leaving) => void
  /** The device was let in; `isLetIn` asks whether it still would be. */
  readonly admitted: (isLetIn: Effect.Effect<boolean>) => void
  readonly isLetIn: () => Effect.Effect<boolean>
  /** It was answered. */
  readonly end: () => void
}

/** Commands that may be parked: a newer one of them ends the older ones of its device (MS-ASCMD 2.2.1.13). */
const parks = (command: CommandName): boolean => command === "Ping" || command === "Sync"

/** Requests under way, by device. A parked one is a callback, and no fiber beside the one that waits. */
export class DeviceRequests {
  readonly #perDevice: number
  readonly #devices = new Map<string, Set<Entry>>()
  #isStopping = false

  /** So many at a time of one device. */
  constructor(perDevice: number) {
    this.#perDevice = perDevice
  }

  get size(): number {
    return [...this.#devices.values()].reduce((sum, entries) => sum + entries.size, 0)
  }

  /** Null where the device has too many, or the server stops. */
  begin(whose: Whose, command: CommandName): UnderWay | null {
    const device = deviceName(whose)
    const entries = this.#devices.get(device) ?? new Set<Entry>()
    if (parks(command)) for (const older of entries) if (older.parks) older.leave("gone")
    // One that was told to go makes room at once, but must not pile up: what it sent may still be arriving.
    const staying = [...entries].filter(({ isGone }) => !isGone).length
    const isFull = staying >= this.#perDevice || entries.size >= 2 * this.#perDevice
    if (this.#isStopping || isFull) return null
    const entry = new Entry(whose, parks(command), (ended) => {
      entries.delete(ended)
      if (entries.size === 0) this.#devices.delete(device)
    })
    entries.add(entry)
    this.#devices.set(device, entries)
    return entry
  }

  /** Those that may be parked, of the devices that the change is about. */
  parkedOf({ tenantId, mailboxId, deviceId }: StandingChange): ReadonlyArray<UnderWay> {
    const isMeant = ({ parks: mayWait, whose }: Entry): boolean =>
      mayWait &&
      (tenantId ?? whose.tenantId) === whose.tenantId &&
      (mailboxId ?? whose.mailboxId) === whose.mailboxId &&
      (deviceId ?? whose.deviceId) === whose.deviceId
    return [...this.#devices.values()].flatMap((entries) => [...entries].filter(isMeant))
  }

  /** Ends those that are parked, and lets nobody in. */
  stop(): void {
    this.#isStopping = true
    for (const entries of this.#devices.values()) for (const entry of entries) entry.leave("gone")
  }
}

/** The same id on another mailbox is another device. */
export const deviceName = ({ mailboxId, deviceId }: Whose): string => `${mailboxId}:${deviceId}`

class Entry implements UnderWay {
  readonly whose: Whose
  readonly parks: boolean
  readonly #onEnd: (entry: Entry) => void
  #waiting: ReadonlyArray<(why: Leaving) => void> = []
  #left: Leaving | null = null
  #isLetIn: Effect.Effect<boolean> = Effect.succeed(true)
  hasParked = false

  constructor(whose: Whose, parks: boolean, onEnd: (entry: Entry) => void) {
    this.whose = whose
    this.parks = parks
    this.#onEnd = onEnd
  }

  get isGone(): boolean {
    return this.#left !== null
  }

  get gone(): Effect.Effect<Leaving> {
    return Effect.async<Leaving>((resume) => {
      const wake = (why: Leaving) => resume(Effect.succeed(why))
      if (this.#left !== null) return wake(this.#left)
      this.hasParked = true
      this.#wait([...this.#waiting, wake])
      return Effect.sync(() => this.#wait(this.#waiting.filter((other) => other !== wake)))
    })
  }

  leave(why: Leaving): void {
    this.#left ??= why
    const waiting = this.#waiting
    this.#wait([])
    for (const wake of waiting) wake(why)
  }

  admitted(isLetIn: Effect.Effect<boolean>): void {
    this.#isLetIn = isLetIn
  }

  isLetIn(): Effect.Effect<boolean> {
    return this.#isLetIn
  }

  end(): void {
    this.#onEnd(this)
  }

  /** A request counts as parked while somebody waits. */
  #wait(waiting: ReadonlyArray<(why: Leaving) => void>): void {
    if (this.#waiting.length === 0 && waiting.length > 0) metrics.activesyncParked.inc()
    if (this.#waiting.length > 0 && waiting.length === 0) metrics.activesyncParked.dec()
    this.#waiting = waiting
  }
}
