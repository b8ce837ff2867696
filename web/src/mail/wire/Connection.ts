import { WireClient } from "./WireClient.ts"

/** Offline: it was tried, and failed. */
export type Presence = "connecting" | "online" | "offline" | "signedOut"

export interface Dialled {
  readonly send: (text: string) => void
  /** `closed` follows. */
  readonly close: () => void
}

export interface DialEvents {
  readonly opened: () => void
  readonly heard: (text: string) => void
  readonly closed: (code: number) => void
}

/** What there is around a page. */
export interface Surroundings {
  readonly dial: (events: DialEvents) => Dialled
  /** The status that the server says it would refuse a connection with; null = it says nothing. */
  readonly probe: () => Promise<number | null>
  /** 0 … 1 */
  readonly random: () => number
}

export interface Listener {
  readonly opened: (client: WireClient) => void
  readonly presence: (presence: Presence) => void
}

const pauses = { first: 500, longest: 30_000 }
/** Two of them without a word from the server, and it is gone. */
const silence = 10_000
/** Our code of RFC 6455 7.4.2: the session has ended. */
const signedOut = 4401

/** Keeps a connection for as long as the page is open, whatever happens to it. */
export class Connection {
  readonly #around: Surroundings
  readonly #listener: Listener
  #presence: Presence = "connecting"
  #dialled: Dialled | null = null
  #pause: ReturnType<typeof setTimeout> | null = null
  #failures = 0
  #isStopped = false

  constructor(around: Surroundings, listener: Listener) {
    this.#around = around
    this.#listener = listener
    this.#dial()
  }

  /** There may be a way again: tries at once instead of after the pause that is going on. */
  nudge(): void {
    if (this.#pause !== null) this.#dial()
  }

  stop(): void {
    this.#isStopped = true
    this.#endPause()
    this.#dialled?.close()
  }

  #dial(): void {
    this.#endPause()
    let isOpen = false
    let isHeard = true
    let quiet: ReturnType<typeof setInterval> | undefined
    const dialled = this.#around.dial({
      opened: () => {
        isOpen = true
        this.#failures = 0
        quiet = setInterval(listen, silence)
        this.#become("online")
        this.#listener.opened(client)
      },
      heard: (text) => {
        isHeard = true
        client.hear(text)
      },
      closed: (code) => {
        clearInterval(quiet)
        client.end()
        this.#closed(code, isOpen)
      }
    })
    const client = new WireClient(dialled.send)
    let asked = 0
    const listen = () => {
      if (isHeard) asked = 0
      else if (asked > 0) return dialled.close()
      isHeard = false
      asked++
      client.ping()
    }
    this.#dialled = dialled
  }

  #closed(code: number, wasOpen: boolean): void {
    this.#dialled = null
    if (this.#isStopped) return
    if (code === signedOut) this.#become("signedOut")
    else if (wasOpen) this.#dialLater("connecting")
    // The browser keeps to itself why.
    else void this.#around.probe().then((status) => this.#failed(status))
  }

  #failed(status: number | null): void {
    if (this.#isStopped) return
    if (status === 401) this.#become("signedOut")
    else this.#dialLater("offline")
  }

  /** Not all pages at once, when a server comes back. */
  #dialLater(meanwhile: Presence): void {
    this.#become(meanwhile)
    const most = Math.min(pauses.longest, pauses.first * 2 ** this.#failures++)
    this.#pause = setTimeout(() => this.#dial(), most * (0.5 + this.#around.random() / 2))
  }

  #endPause(): void {
    if (this.#pause !== null) clearTimeout(this.#pause)
    this.#pause = null
  }

  #become(presence: Presence): void {
    if (presence === this.#presence) return
    this.#presence = presence
    this.#listener.presence(presence)
  }
}
