import { assert, describe, it } from "@effect/vitest"
import { Effect, Tracer } from "effect"
import fc from "fast-check"
import { Moved } from "../../../../src/actors/mailbox/MailboxProtocol.ts"
import type { CommandResult } from "../../../../src/domain/Command.ts"
import { CorrelationId, FolderId, ModSeq, OperationId } from "../../../../src/domain/ids.ts"
import { folderByRole } from "../../../../src/domain/mailbox/State.ts"
import { asking, mailboxNumber } from "../../../support/actors.ts"
import { anyCommand } from "../../../support/commands.ts"
import { deliver, given } from "../../../support/domain.ts"
import { done, makeOwnerTwin, wakeAt } from "../../../support/ownerTwin.ts"
import { calling, serve } from "../../../support/remote.ts"
import { answerSamples, changeSamples, commandSamples, errorSamples } from "../../../support/samples.ts"
import { hearing } from "./peers.ts"

/** Calls the twin over TCP. */
const over = (twin: ReturnType<typeof makeOwnerTwin>) =>
  Effect.gen(function* () {
    const port = yield* serve(twin.mailboxes)
    return (yield* calling()).at(`127.0.0.1:${port}`)
  })

const mailbox = mailboxNumber(1)

describe("over the wire", () => {
  it.scopedLive("a command is what it was, of every kind", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const peer = yield* over(
        makeOwnerTwin({ ask: (ask) => Effect.sync(() => asked.push(ask)).pipe(Effect.as(done)) })
      )
      const anything = fc.sample(anyCommand, { numRuns: 300, seed: 5 })
      for (const command of [...Object.values(commandSamples), ...anything]) {
        const ask = asking(command, {
          correlationId: CorrelationId("c"),
          operationId: OperationId("o"),
          origin: "eas:phone"
        })
        yield* peer.ask(ask)
        assert.deepStrictEqual(asked.pop(), ask)
      }
    })
  )

  it.scopedLive("a result is what it was, with every kind of change and of answer to a device", () =>
    Effect.gen(function* () {
      let result: CommandResult = done
      const peer = yield* over(makeOwnerTwin({ ask: () => Effect.sync(() => result) }))
      const changes = Object.values(changeSamples)
      for (const sync of Object.values(answerSamples)) {
        result = { ...done, changes, missing: [], more: true, duplicate: true, sync }
        assert.deepStrictEqual(yield* peer.ask(asking(deliver())), result)
      }
    })
  )

  it.scopedLive("a state is what it was, and finds its folders by their numbers", () =>
    Effect.gen(function* () {
      const { state } = given(deliver(), { _tag: "CreateFolder", name: "a", parentId: FolderId(1) })
      const peer = yield* over(makeOwnerTwin({ state: () => Effect.succeed(state) }))
      const there = yield* peer.state(mailbox)
      assert.deepStrictEqual(there, state)
      assert.strictEqual(folderByRole(there, "inbox")?.total, 1)
    })
  )

  it.scopedLive("an error is what it was, of every kind, and can be thrown and caught by its class", () =>
    Effect.gen(function* () {
      const errors = [...Object.values(errorSamples), new Moved()]
      for (const error of errors) {
        const peer = yield* over(
          makeOwnerTwin({
            ask: () => Effect.fail(error),
            state: () => Effect.fail(error)
          })
        )
        const { listener } = yield* hearing
        const failures = [
          yield* Effect.flip(peer.ask(asking(deliver()))),
          yield* Effect.flip(peer.state(mailbox)),
          yield* Effect.flip(peer.listen(mailbox, ModSeq(0), listener))
        ]
        for (const failure of failures) {
          assert.deepStrictEqual(failure, error)
          assert.strictEqual(failure.message, error.message)
        }
      }
    })
  )

  it.scopedLive("a wake is what it was, and names the spans that caused it", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin()
      const peer = yield* over(twin)
      const { listener, next } = yield* hearing
      yield* peer.listen(mailbox, ModSeq(7), listener)
      const span = Tracer.externalSpan({ traceId: "1".repeat(32), spanId: "2".repeat(16), sampled: true })
      const wake = wakeAt(8, { folders: new Set([FolderId(2)]), isOfHierarchy: true, spans: [span] })
      twin.wake(mailbox, wake)
      assert.deepStrictEqual(yield* next, wake)
    })
  )

  it.scopedLive("a call goes on in the caller's trace", () =>
    Effect.gen(function* () {
      const caller = Tracer.externalSpan({ traceId: "3".repeat(32), spanId: "4".repeat(16), sampled: true })
      const spanThere = Effect.map(Effect.currentParentSpan, ({ traceId, spanId, sampled }) => {
        assert.deepStrictEqual(
          { traceId, spanId, sampled },
          { traceId: caller.traceId, spanId: caller.spanId, sampled: true }
        )
      })
      const peer = yield* over(makeOwnerTwin({ ask: () => Effect.as(Effect.orDie(spanThere), done) }))
      yield* Effect.withParentSpan(peer.ask(asking(deliver())), caller)
    })
  )
})
