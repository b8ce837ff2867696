import { Option } from "effect"
import { assert, describe, it } from "vitest"
import { makeIsAllowed, network } from "../../../src/outbound/networks.ts"

const isAllowed = makeIsAllowed([])

describe("addresses that may be called", () => {
  for (const address of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]) {
    it(`take in ${address}`, () => assert.isTrue(isAllowed(address)))
  }

  for (const address of [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:1::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "localhost",
    ""
  ]) {
    it(`leave out "${address}"`, () => assert.isFalse(isAllowed(address)))
  }

  it("are more where the configuration says so, and no more than that", () => {
    const allowing = makeIsAllowed([
      { address: "10.1.0.0", prefix: 16 },
      { address: "fd00::", prefix: 8 }
    ])
    assert.deepEqual(["10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "10.2.0.1", "127.0.0.1"].map(allowing), [
      true,
      true,
      true,
      false,
      false
    ])
  })
})

describe("a network", () => {
  it("is read with and without its length", () => {
    assert.deepEqual(
      ["10.0.0.0/8", "127.0.0.1", "fd00::/8", "::1"].map((text) => Option.getOrNull(network.parse(text))),
      [
        { address: "10.0.0.0", prefix: 8 },
        { address: "127.0.0.1", prefix: 32 },
        { address: "fd00::", prefix: 8 },
        { address: "::1", prefix: 128 }
      ]
    )
  })

  for (const text of ["", "10.0.0.0/33", "10.0.0/8", "localhost", "::/129", "10.0.0.0/8/8", "10.0.0.0/x"]) {
    it(`is not "${text}"`, () => assert.isTrue(Option.isNone(network.parse(text))))
  }
})
