import { assert, describe, it } from "@effect/vitest"
import { Repeats, type Slowing } from "../../../src/protocols/activesync/Repeats.ts"

const made = (free = 3, capacity = 100) => new Repeats({ free, capacity })

/** Asks and is answered, `times` in a row, a tenth of a second apart; what came of the last. */
const askOften = (repeats: Repeats, times: number, { from = 0, answer = "same" } = {}): Slowing => {
  let last: Slowing = null
  for (let n = 0; n < times; n++) {
    last = repeats.ask("phone Sync x", from + n * 100)
    if (last?._tag !== "refuse") repeats.answered("phone Sync x", answer)
  }
  return last
}

describe("a request that is repeated", () => {
  it("is answered at once as often as it is free, then later and later, then refused", () => {
    const repeats = made()
    // The first answer repeats nothing.
    assert.isNull(askOften(repeats, 5))
    const delays: Array<number> = []
    let now = 1000
    for (;;) {
      const slowing = repeats.ask("phone Sync x", now)
      if (slowing === null) assert.fail("not slowed down")
      if (slowing._tag === "refuse") break
      delays.push(slowing.millis)
      now += slowing.millis
      repeats.answered("phone Sync x", "same")
    }
    assert.isAbove(delays.length, 2)
    assert.isAtMost(Math.max(...delays), 8_000)
    for (const [index, delay] of delays.entries()) {
      assert.isAbove(delay, delays[index - 1] ?? 0)
    }
  })

  it("may be asked again by who waited as long as it was told, and after that as before", () => {
    const repeats = made()
    let now = 0
    let refused: Slowing = null
    while (refused?._tag !== "refuse") {
      refused = repeats.ask("phone Sync x", now)
      if (refused?._tag === "delay") now += refused.millis
      if (refused?._tag !== "refuse") repeats.answered("phone Sync x", "same")
    }
    assert.deepInclude(repeats.ask("phone Sync x", now + 1000), { _tag: "refuse" }, "hammering moves nothing")
    assert.isNull(repeats.ask("phone Sync x", now + refused.millis))
    repeats.answered("phone Sync x", "same")
    assert.deepInclude(repeats.ask("phone Sync x", now + refused.millis + 100), { _tag: "refuse" })
    assert.isNull(repeats.ask("phone Sync x", now + 600_000), "it is long ago")
  })

  it("is none where the answer is another one", () => {
    const repeats = made()
    for (let n = 0; n < 100; n++) {
      assert.isNull(repeats.ask("phone Sync x", n * 10))
      repeats.answered("phone Sync x", `answer ${n}`)
    }
  })

  it("is none where it comes as seldom as a Ping", () => {
    const repeats = made()
    for (let n = 0; n < 100; n++) {
      assert.isNull(repeats.ask("phone Ping x", n * 60_000))
      repeats.answered("phone Ping x", "nothing new")
    }
  })

  it("of one device slows down no other", () => {
    const repeats = made()
    assert.isNotNull(askOften(repeats, 20))
    assert.isNull(repeats.ask("other Sync x", 1000))
  })

  it("is never found where 0 says so", () => {
    assert.isNull(askOften(made(0), 1000))
  })
})

it("no more is remembered than there is room for", () => {
  const repeats = made(3, 10)
  for (let n = 0; n < 1000; n++) repeats.ask(`phone ${n}`, n)
  assert.strictEqual(repeats.size, 10)
})
