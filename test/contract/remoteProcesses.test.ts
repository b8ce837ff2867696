import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { awaited } from "../support/awaited.ts"

/** Two processes start, and seconds of silence pass. */
const timeLimit = 60_000

const calls = 100

const Held = Schema.Struct({
  lost: Schema.Number,
  away: Schema.Number,
  fibers: Schema.Number,
  listeners: Schema.Number,
  watches: Schema.Number,
  connections: Schema.Number
})
type Held = typeof Held.Type

/** A process that calls, or is called; killed with the scope at the latest. */
const start = (...what: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--import", "tsx", "test/support/remoteProcess.ts", ...what], {
          stdio: ["pipe", "pipe", "inherit"]
        })
      ),
      (running) => Effect.promise(() => kill(running))
    )
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const line = Effect.promise(async (): Promise<string> => {
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) throw new Error("the process ended")
        if (String(value).startsWith("{")) return String(value)
      }
    })
    const held = Effect.flatMap(
      Effect.zipRight(
        Effect.sync(() => child.stdin.write("\n")),
        line
      ),
      Schema.decode(Schema.parseJson(Held))
    )
    /** Asks until it holds that. */
    const holds = (what: string, isSo: (now: Held) => boolean) =>
      awaited(what, Effect.repeat(Effect.delay(held, "20 millis"), { until: isSo }), held)
    return { child, first: yield* awaited("a process", line), held, holds }
  })

const kill = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGKILL")
  await ended
}

/** An owner, and a caller that watches so many of its mailboxes and has calls under way. */
const pair = Effect.fnUntraced(function* (watches: number) {
  const owner = yield* start("owner")
  const alone = yield* owner.held
  const { port } = yield* Schema.decode(Schema.parseJson(Schema.Struct({ port: Schema.Number })))(owner.first)
  const caller = yield* start("caller", String(port), String(watches))
  const [ownerHeld, callerHeld] = [yield* owner.held, yield* caller.held]
  assert.deepInclude(ownerHeld, { listeners: watches, watches, connections: 1 })
  assert.deepInclude(callerHeld, { lost: 0, away: 0, watches, connections: 1 })
  // A watch costs no fiber on either side.
  assert.isBelow(ownerHeld.fibers - alone.fibers, calls + 20)
  const { fibers } = callerHeld
  const isTold = (now: Held) =>
    now.lost === watches &&
    now.away === calls &&
    now.watches === 0 &&
    now.connections === 0 &&
    now.fibers < fibers - calls
  return { owner, caller, isRid: isRidOf(alone), isTold }
})

const isRidOf = (alone: Held) => (now: Held) =>
  now.listeners === 0 && now.watches === 0 && now.connections === 0 && now.fibers === alone.fibers

describe("with thousands of watches open", () => {
  it.scopedLive(
    "a caller that is killed leaves nothing at the owner",
    () =>
      Effect.gen(function* () {
        const { owner, caller, isRid } = yield* pair(10_000)
        yield* Effect.promise(() => kill(caller.child))
        yield* owner.holds("an owner without a trace of it", isRid)
      }),
    timeLimit
  )

  it.scopedLive(
    "an owner that is killed leaves nothing at the caller, whose listeners and calls hear it",
    () =>
      Effect.gen(function* () {
        const { owner, caller, isTold } = yield* pair(10_000)
        yield* Effect.promise(() => kill(owner.child))
        yield* caller.holds("a caller that has heard it", isTold)
      }),
    timeLimit
  )

  it.scopedLive(
    "an owner that is frozen is taken for dead, and knows it when it wakes up",
    () =>
      Effect.gen(function* () {
        const { owner, caller, isRid, isTold } = yield* pair(1000)
        owner.child.kill("SIGSTOP")
        yield* caller.holds("a caller that has noticed it", isTold)
        owner.child.kill("SIGCONT")
        yield* owner.holds("an owner without a trace of it", isRid)
      }),
    timeLimit
  )

  it.scopedLive(
    "a caller that is frozen is taken for dead, and hears it when it wakes up",
    () =>
      Effect.gen(function* () {
        const { owner, caller, isRid, isTold } = yield* pair(1000)
        caller.child.kill("SIGSTOP")
        yield* owner.holds("an owner without a trace of it", isRid)
        caller.child.kill("SIGCONT")
        yield* caller.holds("a caller that has heard it", isTold)
      }),
    timeLimit
  )
})
