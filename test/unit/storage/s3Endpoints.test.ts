import { assert, describe, it } from "@effect/vitest"
import { Endpoints } from "../../../src/storage/blobs/s3/Endpoints.ts"

const failTimes = (endpoints: Endpoints, times: number, now = 0) =>
  Array.from({ length: times }, () => endpoints.failed(0, now)).at(-1)

describe("Endpoints of S3", () => {
  it("are taken in turn", () => {
    const endpoints = new Endpoints(3)
    const taken = [1, 2, 3, 4].map(() => endpoints.choose(0))
    assert.sameMembers(taken.slice(0, 3), [0, 1, 2])
    assert.strictEqual(taken[3], taken[0])
  })

  it("are left alone after five failures in a row, and not before", () => {
    const endpoints = new Endpoints(2)
    assert.isFalse(failTimes(endpoints, 4))
    endpoints.succeeded(0)
    assert.isFalse(failTimes(endpoints, 4))
    assert.isTrue(endpoints.failed(0, 0))
    assert.deepEqual(
      [1, 2, 3].map(() => endpoints.choose(100)),
      [1, 1, 1]
    )
  })

  it("are tried by one call when they have rested, and used again when it succeeds", () => {
    const endpoints = new Endpoints(1)
    failTimes(endpoints, 5)
    assert.isUndefined(endpoints.choose(499))
    assert.strictEqual(endpoints.choose(500), 0)
    assert.isUndefined(endpoints.choose(500))
    assert.isTrue(endpoints.succeeded(0))
    assert.strictEqual(endpoints.choose(500), 0)
    assert.strictEqual(endpoints.choose(500), 0)
  })

  it("rest twice as long after each trial that fails, up to two seconds", () => {
    const endpoints = new Endpoints(1)
    failTimes(endpoints, 5)
    let now = 500
    for (const rest of [1_000, 2_000, 2_000]) {
      assert.strictEqual(endpoints.choose(now), 0)
      assert.isFalse(endpoints.failed(0, now))
      assert.isUndefined(endpoints.choose(now + rest - 1))
      now += rest
    }
  })

  it("are tried by another call when the one that did was given up", () => {
    const endpoints = new Endpoints(1)
    failTimes(endpoints, 5)
    assert.strictEqual(endpoints.choose(500), 0)
    endpoints.abandoned(0)
    assert.strictEqual(endpoints.choose(500), 0)
  })

  it("do not rest longer for calls that began before they were left alone", () => {
    const endpoints = new Endpoints(1)
    failTimes(endpoints, 20)
    assert.strictEqual(endpoints.choose(500), 0)
  })
})
