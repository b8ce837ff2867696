import { assert, describe, it } from "vitest"
import { makeThrottle, networkOf } from "../../../src/identity/throttle.ts"

const options = {
  freeFailures: 3,
  firstDelay: "1 second",
  maxDelay: "10 seconds",
  forgetAfter: "1 minute",
  capacity: 100
} satisfies Parameters<typeof makeThrottle>[0]

const failTimes = (throttle: ReturnType<typeof makeThrottle>, times: number, now = 0) => {
  for (let n = 0; n < times; n++) throttle.begin("key", now)
}

describe("a throttle", () => {
  it("lets the free failures pass, then doubles the delay up to its cap", () => {
    const throttle = makeThrottle(options)
    const waits = Array.from({ length: 9 }, () => {
      throttle.begin("key", 0)
      return throttle.waitMillis("key", 0)
    })
    assert.deepStrictEqual(waits, [0, 0, 0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  })

  it("counts the delay from the last failure", () => {
    const throttle = makeThrottle(options)
    failTimes(throttle, 4, 5_000)
    assert.strictEqual(throttle.waitMillis("key", 5_400), 600)
    assert.strictEqual(throttle.waitMillis("key", 6_000), 0)
  })

  it("forgets after a while without a failure, and at a reset", () => {
    const throttle = makeThrottle(options)
    failTimes(throttle, 8)
    throttle.begin("key", 60_000)
    assert.strictEqual(throttle.waitMillis("key", 60_000), 0)
    failTimes(throttle, 8, 60_000)
    throttle.reset("key")
    assert.strictEqual(throttle.waitMillis("key", 60_000), 0)
  })

  it("takes back what did not fail", () => {
    const throttle = makeThrottle(options)
    failTimes(throttle, 4)
    throttle.undo("key", 0)
    assert.strictEqual(throttle.waitMillis("key", 0), 0)
    for (let n = 0; n < 3; n++) throttle.undo("key", 0)
    assert.strictEqual(throttle.size(), 0)
  })

  it("does not let one key pay for another", () => {
    const throttle = makeThrottle(options)
    failTimes(throttle, 9)
    assert.strictEqual(throttle.waitMillis("other", 0), 0)
  })

  it("never counts null", () => {
    const throttle = makeThrottle(options)
    for (let n = 0; n < 50; n++) throttle.begin(null, 0)
    assert.strictEqual(throttle.waitMillis(null, 0), 0)
    assert.strictEqual(throttle.size(), 0)
  })

  it("remembers no more keys than it may", () => {
    const throttle = makeThrottle(options)
    for (let n = 0; n < 10_000; n++) throttle.begin(`key ${n}`, 0)
    assert.strictEqual(throttle.size(), 100)
  })

  it("does not overflow", () => {
    const throttle = makeThrottle({ ...options, maxDelay: "1 hour" })
    failTimes(throttle, 5_000)
    assert.strictEqual(throttle.waitMillis("key", 0), 3_600_000)
  })
})

describe("a network", () => {
  it.each([
    [null, null],
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:0001:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"]
  ])("of %s is %s", (ip, network) => {
    assert.strictEqual(networkOf(ip), network)
  })
})
