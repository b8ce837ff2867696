import { Effect } from "effect"
import { metrics } from "../../observability/metrics.ts"
import type { CommandName } from "./Command.ts"

/** A request that is being answered. */
export interface UnderWay {
  /** Resolves when its client went away, a newer one takes its place, or the server stops. */
  readonly gone: Effect.Effect<void>
  readonly isGone: boolean
  /** True once somebody has waited for `gone`. */
  readonly hasParked: boolean
  /** Whoever waits for `gone` is told. */
  readonly leave: () => void
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
  begin(device: string, command: CommandName): UnderWay | null {
    const entries = this.#devices.get(device) ?? new Set<Entry>()
    if (parks(command)) for (const older of entries) if (older.parks) older.leave()
    const staying = [...entries].filter(({ isGone }) => !isGone).length
    if (this.#isStopping || staying >= this.#perDevice) return null
    const entry = new Entry(parks(command), (ended) => {
      entries.delete(ended)
      if (entries.size === 0) this.#devices.delete(device)
    })
    entries.add(entry)
    this.#devices.set(device, entries)
    return entry
  }

  /** Ends those that are parked, and lets nobody in. */
  stop(): void {
    this.#isStopping = true
    for (const entries of this.#devices.values()) for (const entry of entries) entry.leave()
  }
}

class Entry implements UnderWay {
  readonly parks: boolean
  readonly #onEnd: (entry: Entry) => void
  #waiting: ReadonlyArray<() => void> = []
  isGone = false
  hasParked = false

  constructor(parks: boolean, onEnd: (entry: Entry) => void) {
    this.parks = parks
    this.#onEnd = onEnd
  }

  get gone(): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      const wake = () => resume(Effect.void)
      if (this.isGone) return wake()
      this.hasParked = true
      this.#wait([...this.#waiting, wake])
      return Effect.sync(() => this.#wait(this.#waiting.filter((other) => other !== wake)))
    })
  }

  leave(): void {
    this.isGone = true
    const waiting = this.#waiting
    this.#wait([])
    for (const wake of waiting) wake()
  }

  end(): void {
    this.#onEnd(this)
  }

  /** A request counts as parked while somebody waits. */
  #wait(waiting: ReadonlyArray<() => void>): void {
    if (this.#waiting.length === 0 && waiting.length > 0) metrics.activesyncParked.inc()
    if (this.#waiting.length > 0 && waiting.length === 0) metrics.activesyncParked.dec()
    this.#waiting = waiting
  }
}
