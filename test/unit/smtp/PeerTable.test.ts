import { assert, describe, it } from "@effect/vitest"
import { type PeerLimits, PeerTable } from "../../../src/protocols/smtp/PeerTable.ts"

const none: PeerLimits = { connections: 0, connectionsPerMinute: 0, messagesPerMinute: 0 }
const table = (remote: Partial<PeerLimits>, { loopback = none, maxPeers = 100 } = {}) =>
  new PeerTable({ remote: { ...none, ...remote }, loopback, maxPeers })

describe("PeerTable", () => {
  it("bounds open connections per client and lets the next one in when one has gone", () => {
    const peers = table({ connections: 2 })
    assert.deepStrictEqual(
      ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"].map((address) => peers.connect(address, 0)),
      ["open", "open", "tooMany", "open"]
    )
    peers.disconnect("192.0.2.1")
    assert.strictEqual(peers.connect("192.0.2.1", 0), "open")
  })

  it("bounds new connections per minute, refilling evenly", () => {
    const peers = table({ connectionsPerMinute: 2 })
    const at = (now: number) => peers.connect("192.0.2.1", now)
    assert.deepStrictEqual(
      [at(0), at(0), at(0), at(29_999), at(30_000), at(30_001)],
      ["open", "open", "tooFast", "tooFast", "open", "tooFast"]
    )
  })

  it("bounds messages per minute", () => {
    const peers = table({ messagesPerMinute: 1 })
    assert.deepStrictEqual(
      [0, 1, 60_001].map((now) => peers.takeMessage("192.0.2.1", now)),
      [true, false, true]
    )
  })

  it("counts an IPv6 client by its /64, however the address is written", () => {
    const peers = table({ connections: 1 })
    assert.strictEqual(peers.connect("2001:db8:0:1::1", 0), "open")
    assert.strictEqual(peers.connect("2001:db8:0:1:ffff::2", 0), "tooMany")
    assert.strictEqual(peers.connect("2001:db8::1:0:0:0:9", 0), "tooMany")
    assert.strictEqual(peers.connect("2001:db8:0:2::1", 0), "open")
  })

  it("has limits of its own for loopback", () => {
    const peers = table({ connections: 1 }, { loopback: { ...none, connections: 3 } })
    assert.deepStrictEqual(
      [1, 2, 3, 4].map(() => peers.connect("127.0.0.1", 0)),
      ["open", "open", "open", "tooMany"]
    )
    assert.strictEqual(peers.connect("::1", 0), "open")
  })

  it("forgets who has been away for a minute, never who is connected", () => {
    const peers = table({ connections: 1 })
    peers.connect("192.0.2.1", 0)
    peers.connect("192.0.2.2", 0)
    peers.disconnect("192.0.2.2")
    peers.sweep(59_999)
    assert.strictEqual(peers.size, 2)
    peers.sweep(60_000)
    assert.strictEqual(peers.size, 1)
    assert.strictEqual(peers.connect("192.0.2.1", 60_000), "tooMany")
  })

  it("remembers no more clients than its bound", () => {
    const peers = table({ connections: 1 }, { maxPeers: 2 })
    assert.deepStrictEqual(
      ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((address) => peers.connect(address, 0)),
      ["open", "open", "tooFast"]
    )
  })
})
