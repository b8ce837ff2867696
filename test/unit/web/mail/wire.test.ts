import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { ThreadId } from "../../../../src/domain/ids.ts"
import { Connection, type DialEvents, type Presence } from "../../../../web/src/mail/wire/Connection.ts"
import { WireClient } from "../../../../web/src/mail/wire/WireClient.ts"

const said = (text: string | undefined): Readonly<Record<string, string>> => JSON.parse(text ?? "{}")

describe("calls over one connection", () => {
  const success = (requestId: string, value: unknown) =>
    JSON.stringify({ _tag: "Exit", requestId, exit: { _tag: "Success", value } })

  it("are answered each, in whatever order", async () => {
    const sent: Array<string> = []
    const client = new WireClient((text) => void sent.push(text))
    const first = client.ask("Folders", undefined)
    const second = client.ask("Thread", { threadId: ThreadId(1) })
    client.hear(success("2", { messages: [] }))
    client.hear(success("1", { folders: [], modSeq: 1 }))
    assert.deepEqual(await second, { _tag: "Answered", value: { messages: [] } })
    assert.strictEqual((await first)._tag, "Answered")
    assert.deepEqual(
      sent.map((text) => said(text)["id"]),
      ["1", "2"]
    )
  })

  it("wait where there are many, and are lost with the connection, those that wait too", async () => {
    const sent: Array<string> = []
    const client = new WireClient((text) => void sent.push(text))
    const all = Array.from({ length: 100 }, () => client.ask("Folders", undefined))
    assert.strictEqual(sent.length, 32)
    client.hear(success("1", { folders: [], modSeq: 1 }))
    assert.strictEqual(sent.length, 33)
    client.end()
    const outcomes = await Promise.all(all)
    assert.strictEqual(outcomes.filter(({ _tag }) => _tag === "Lost").length, 99)
    assert.strictEqual(sent.length, 33)
    assert.deepEqual(await client.ask("Folders", undefined), { _tag: "Lost" })
    assert.deepEqual(await client.follow(null, () => undefined), { _tag: "Lost" })
  })

  it("say why they are refused", async () => {
    const client = new WireClient(() => undefined)
    const asked = client.ask("Folders", undefined)
    const error = { _tag: "Refused", reason: "busy", what: null, isTemporary: true } as const
    client.hear(
      JSON.stringify({
        _tag: "Exit",
        requestId: "1",
        exit: { _tag: "Failure", cause: { _tag: "Fail", error } }
      })
    )
    assert.deepEqual(await asked, error)
  })

  it("tell changes, and ask for more once they are told", () => {
    const sent: Array<string> = []
    const told: Array<unknown> = []
    const client = new WireClient((text) => void sent.push(text))
    void client.follow(7, (one) => void told.push(one))
    assert.deepEqual(JSON.parse(sent[0] ?? ""), {
      _tag: "Request",
      id: "1",
      tag: "Changes",
      payload: { after: 7 },
      headers: []
    })
    client.hear(
      JSON.stringify({ _tag: "Chunk", requestId: "1", values: [{ _tag: "Hello" }, { _tag: "News" }] })
    )
    assert.deepEqual(told, [{ _tag: "Hello" }, { _tag: "News" }])
    assert.deepEqual(said(sent[1]), { _tag: "Ack", requestId: "1" })
  })
})

describe.sequential("a page's connection", () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const world = (probed: number | null = null) => {
    const dials: Array<DialEvents> = []
    const presences: Array<Presence> = []
    const sent: Array<string> = []
    let closes = 0
    const connection = new Connection(
      {
        dial: (events) => {
          dials.push(events)
          return {
            send: (text) => void sent.push(text),
            close: () => {
              closes++
              events.closed(1006)
            }
          }
        },
        probe: () => Promise.resolve(probed),
        random: () => 1
      },
      { opened: () => undefined, presence: (presence) => void presences.push(presence) }
    )
    return { connection, dials, presences, sent, closes: () => closes }
  }

  it("comes back, later each time, and at once where there may be a way", async () => {
    const { connection, dials, presences } = world()
    const pauses: Array<number> = []
    for (let n = 0; n < 9; n++) {
      dials.at(-1)?.closed(1006)
      await vi.advanceTimersByTimeAsync(0)
      const before = Date.now()
      await vi.advanceTimersToNextTimerAsync()
      pauses.push(Date.now() - before)
    }
    assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    assert.deepEqual(presences, ["offline"])
    dials.at(-1)?.closed(1006)
    await vi.advanceTimersByTimeAsync(0)
    connection.nudge()
    assert.strictEqual(dials.length, 11)
    connection.nudge()
    assert.strictEqual(dials.length, 11)
    dials.at(-1)?.opened()
    dials.at(-1)?.closed(1001)
    assert.deepEqual(presences, ["offline", "online", "connecting"])
    await vi.advanceTimersByTimeAsync(500)
    assert.strictEqual(dials.length, 12)
    connection.stop()
  })

  it("does not come back where nobody is signed in, or it was stopped", async () => {
    const stranger = world(401)
    stranger.dials[0]?.closed(1006)
    await vi.advanceTimersByTimeAsync(60_000)
    const away = world()
    away.dials[0]?.opened()
    away.dials[0]?.closed(4401)
    const stopped = world()
    stopped.dials[0]?.opened()
    stopped.connection.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    assert.deepEqual(
      [stranger, away, stopped].map(({ dials }) => dials.length),
      [1, 1, 1]
    )
    assert.deepEqual([stranger.presences.at(-1), away.presences.at(-1)], ["signedOut", "signedOut"])
  })

  it("asks a server that says nothing, and gives it up where it says nothing to that", async () => {
    const { dials, sent, closes, connection } = world()
    dials[0]?.opened()
    dials[0]?.heard('{"_tag":"Pong"}')
    await vi.advanceTimersByTimeAsync(10_000)
    assert.strictEqual(sent.length, 1)
    dials[0]?.heard('{"_tag":"Pong"}')
    await vi.advanceTimersByTimeAsync(10_000)
    assert.deepEqual([sent.length, closes()], [2, 0])
    await vi.advanceTimersByTimeAsync(10_000)
    assert.strictEqual(closes(), 1)
    connection.stop()
  })
})
