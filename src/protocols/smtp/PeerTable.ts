/** Limits of one client address; 0 = no limit. */
export interface PeerLimits {
  /** Connections open at once. */
  readonly connections: number
  readonly connectionsPerMinute: number
  readonly messagesPerMinute: number
}

/** A bucket that holds what a minute allows and fills evenly. */
interface Bucket {
  tokens: number
  filledAt: number
}

interface Peer {
  open: number
  readonly limits: PeerLimits
  readonly connections: Bucket
  readonly messages: Bucket
}

const minute = 60_000

/** Who is connected from where, and how fast. IPv6 clients count by their /64. Times are epoch milliseconds. */
export class PeerTable {
  readonly #limitsOf: (address: string) => PeerLimits
  readonly #maxPeers: number
  readonly #peers = new Map<string, Peer>()

  constructor(options: {
    readonly remote: PeerLimits
    readonly loopback: PeerLimits
    readonly maxPeers: number
  }) {
    this.#limitsOf = (address) => (isLoopback(address) ? options.loopback : options.remote)
    this.#maxPeers = options.maxPeers
  }

  get size(): number {
    return this.#peers.size
  }

  /** Counts a connection in, or says why not. */
  connect(address: string, now: number): "open" | "tooMany" | "tooFast" {
    const peer = this.#peer(address, now)
    if (peer === null) return "tooFast"
    if (peer.limits.connections > 0 && peer.open >= peer.limits.connections) return "tooMany"
    if (!take(peer.connections, peer.limits.connectionsPerMinute, now)) return "tooFast"
    peer.open += 1
    return "open"
  }

  /** Counts out what `connect` counted in. */
  disconnect(address: string): void {
    const peer = this.#peers.get(keyOf(address))
    if (peer !== undefined) peer.open -= 1
  }

  /** True where this client may send one more message now. */
  takeMessage(address: string, now: number): boolean {
    const peer = this.#peer(address, now)
    return peer !== null && take(peer.messages, peer.limits.messagesPerMinute, now)
  }

  /** Forgets clients that have been away for a minute: their buckets are full again. */
  sweep(now: number): void {
    for (const [key, peer] of this.#peers) {
      const lastSeen = Math.max(peer.connections.filledAt, peer.messages.filledAt)
      if (peer.open === 0 && now - lastSeen >= minute) this.#peers.delete(key)
    }
  }

  #peer(address: string, now: number): Peer | null {
    const key = keyOf(address)
    const known = this.#peers.get(key)
    if (known !== undefined) return known
    if (this.#peers.size >= this.#maxPeers) return null
    const limits = this.#limitsOf(address)
    const peer: Peer = {
      open: 0,
      limits,
      connections: { tokens: limits.connectionsPerMinute, filledAt: now },
      messages: { tokens: limits.messagesPerMinute, filledAt: now }
    }
    this.#peers.set(key, peer)
    return peer
  }
}

const take = (bucket: Bucket, perMinute: number, now: number): boolean => {
  if (perMinute === 0) return true
  const elapsed = Math.max(0, now - bucket.filledAt)
  bucket.tokens = Math.min(perMinute, bucket.tokens + (elapsed * perMinute) / minute)
  bucket.filledAt = now
  if (bucket.tokens < 1) return false
  bucket.tokens -= 1
  return true
}

export const isLoopback = (address: string): boolean => address === "::1" || address.startsWith("127.")

const keyOf = (address: string): string => {
  if (!address.includes(":")) return address
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::")
  const left = head === "" ? [] : head.split(":")
  const right = tail === undefined || tail === "" ? [] : tail.split(":")
  const missing = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array.from({ length: missing }, () => "0"), ...right].slice(0, 4).join(":")
}
