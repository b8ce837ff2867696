import { assert, describe, it } from "@effect/vitest"
import { type PeerLimits, PeerTable } from "../../../src/protocols/smtp/PeerTable.ts"
import { limitsOf } from "../../../src/protocols/smtp/peerRates.ts"
import { defaultSmtpSettings } from "../../../src/protocols/smtp/SmtpConfig.ts"

const upTo = (connections: number): PeerLimits => ({
  connections,
  connectionsPerMinute: 0,
  messagesPerMinute: 0
})
const settings = { ...defaultSmtpSettings, remote: upTo(2), loopback: upTo(3) }
const newTable = () => new PeerTable((address) => limitsOf(settings, address))

describe("PeerTable", () => {
  it("bounds open connections per client and lets the next one in when one has gone", () => {
    const peers = newTable()
    assert.deepStrictEqual(
      ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"].map((address) => peers.connect(address)),
      [true, true, false, true]
    )
    peers.disconnect("192.0.2.1")
    assert.isTrue(peers.connect("192.0.2.1"))
  })

  it("counts an IPv6 client by its /64, however the address is written", () => {
    const peers = newTable()
    const addresses = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8::1:0:0:0:9", "2001:db8:0:2::1"]
    assert.deepStrictEqual(
      addresses.map((address) => peers.connect(address)),
      [true, true, false, true]
    )
  })

  it("has limits of its own for loopback", () => {
    const peers = newTable()
    assert.deepStrictEqual(
      [1, 2, 3, 4].map(() => peers.connect("127.0.0.1")),
      [true, true, true, false]
    )
    assert.isTrue(peers.connect("::1"))
  })

  it("forgets who has no connection any more", () => {
    const peers = newTable()
    for (const address of ["192.0.2.1", "192.0.2.1", "192.0.2.2"]) peers.connect(address)
    for (const address of ["192.0.2.1", "192.0.2.2"]) peers.disconnect(address)
    assert.strictEqual(peers.size, 1)
    peers.disconnect("192.0.2.1")
    assert.strictEqual(peers.size, 0)
  })
})
