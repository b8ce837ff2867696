import { networkOf } from "../../identity/network.ts"

/** Limits of one client; 0 = no limit. */
export interface PeerLimits {
  /** Connections open at once, to this process. */
  readonly connections: number
  /** To all front doors together, where they share a Valkey; so the messages. */
  readonly connectionsPerMinute: number
  readonly messagesPerMinute: number
}

/** How many connections a client has open. An IPv6 client is its /64. */
export class PeerTable {
  readonly #limitsOf: (address: string) => PeerLimits
  readonly #open = new Map<string, number>()

  constructor(limitsOf: (address: string) => PeerLimits) {
    this.#limitsOf = limitsOf
  }

  get size(): number {
    return this.#open.size
  }

  /** Counts a connection in; false = the client has too many. */
  connect(address: string): boolean {
    const client = networkOf(address)
    const open = this.#open.get(client) ?? 0
    const { connections } = this.#limitsOf(address)
    if (connections > 0 && open >= connections) return false
    this.#open.set(client, open + 1)
    return true
  }

  /** Counts out what `connect` counted in. */
  disconnect(address: string): void {
    const client = networkOf(address)
    const open = this.#open.get(client) ?? 0
    if (open > 1) this.#open.set(client, open - 1)
    else this.#open.delete(client)
  }
}
