import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Either, Fiber, Layer } from "effect"
import { decideBatch } from "../../src/actors/mailbox/batch.ts"
import type { Command } from "../../src/domain/Command.ts"
import { Epoch, type MailboxId } from "../../src/domain/ids.ts"
import { defaultMailboxLimits } from "../../src/domain/mailbox/State.ts"
import { commitStatement } from "../../src/storage/mailbox/commitStatement.ts"
import { type Claimed, type Commit, MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import * as MailboxStorePg from "../../src/storage/mailbox/MailboxStorePg.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { asking } from "../support/actors.ts"
import { deliver } from "../support/domain.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { layerTestPostgres } from "../support/postgres.ts"

/** One statement at a time, so that commits that come together share one. */
const layerStore = MailboxStorePg.layer.pipe(
  Layer.provideMerge(layerTestPostgres),
  Layer.provide(
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["POSTROOM_COMMIT_STATEMENTS", "1"]])))
  )
)

/** The mailbox once the commit is through. */
const after = (commit: Commit): Claimed => ({ ...commit.after, claim: commit.claim })

const decided = ({ claim, ...state }: Claimed, ...commands: ReadonlyArray<Command>) => {
  const asks = commands.map((command) => asking(command, { mailboxId: state.mailboxId }))
  const { commit } = decideBatch(state, asks, {
    messages: [],
    limits: defaultMailboxLimits,
    sync: null,
    now: 1_700_000_000_000,
    epoch: Epoch(1),
    claim
  })
  if (commit === null) throw new Error("nothing to commit")
  return commit
}

/** Mailboxes with their folders. */
const made = (count: number) =>
  Effect.gen(function* () {
    const { activate, commit } = yield* MailboxStore
    return yield* Effect.forEach(Array.from({ length: count }), () =>
      Effect.gen(function* () {
        const creation = decided(yield* activate(yield* newMailbox, Epoch(1)), { _tag: "CreateMailbox" })
        yield* commit(creation)
        return after(creation)
      })
    )
  })

/** Holds the mailbox's row as a transaction of somebody else does, until `release`. */
const held = (mailboxId: MailboxId) =>
  Effect.gen(function* () {
    const { query, transaction } = yield* Postgres
    const holds = yield* Deferred.make<void>()
    const release = yield* Deferred.make<void>()
    const lock = statement({ text: "SELECT 1 FROM mail_state.heads WHERE user_id = $1 FOR UPDATE" })
    yield* query(lock, [mailboxId]).pipe(
      Effect.zipRight(Deferred.succeed(holds, undefined)),
      Effect.zipRight(Deferred.await(release)),
      transaction,
      Effect.fork
    )
    yield* Deferred.await(holds)
    return { release: Deferred.succeed(release, undefined) }
  })

layer(layerStore, { timeout: "60 seconds" })("commits of many mailboxes at once", (it) => {
  it.effect("do not wait for a mailbox whose row somebody holds", () =>
    Effect.gen(function* () {
      const { commit } = yield* MailboxStore
      const states = yield* made(8)
      const { release } = yield* held(states[2]?.mailboxId ?? assert.fail("no mailbox"))
      const commits = yield* Effect.forEach(states, (state) => Effect.fork(commit(decided(state, deliver()))))
      yield* Fiber.joinAll(commits.filter((_, n) => n !== 2))
      yield* release
      yield* Fiber.joinAll(commits)
    })
  )

  it.effect("are each judged by their own statement, though two of them are of one mailbox", () =>
    Effect.gen(function* () {
      const { commit, activate } = yield* MailboxStore
      const [mine, other] = yield* made(2)
      if (mine === undefined || other === undefined) return assert.fail("no mailbox")
      const once = deliver()
      const before = decided(mine, once)
      yield* commit(before)
      const first = decided(after(before), deliver())
      const results = yield* Effect.forEach(
        [first, decided(after(first), once), decided(other, deliver())],
        (one) => Effect.either(commit(one)),
        { concurrency: "unbounded" }
      )
      assert.deepEqual(results.map(Either.isRight), [true, false, true])
      assert.equal((yield* activate(mine.mailboxId, Epoch(1))).modSeq, first.after.modSeq)
    })
  )
})

/** How Postgres would run a statement whose values it does not know, as it does from the sixth time on. */
const planOf = (text: string, types: string) =>
  Effect.gen(function* () {
    const { query, transaction } = yield* Postgres
    const values = types.replaceAll(/\w+/g, "NULL")
    const lines = yield* transaction(
      Effect.gen(function* () {
        yield* query(statement({ text: "SET LOCAL plan_cache_mode = force_generic_plan" }))
        yield* query(statement({ text: `PREPARE planned (${types}) AS ${text}` }))
        const plan = yield* query(
          statement<{ readonly "QUERY PLAN": string }>({ text: `EXPLAIN EXECUTE planned (${values})` })
        )
        yield* query(statement({ text: "DEALLOCATE planned" }))
        return plan
      })
    )
    return lines.map((line) => line["QUERY PLAN"]).join("\n")
  })

layer(layerStore, { timeout: "60 seconds" })("a delivery", (it) => {
  it.effect("finds its conversation by hashes, and never walks the mailbox", () =>
    Effect.gen(function* () {
      const { commit } = yield* MailboxStore
      const { query } = yield* Postgres
      const [one, other] = yield* made(2)
      if (one === undefined || other === undefined) return assert.fail("no mailbox")
      const many = decided(one, ...Array.from({ length: 500 }, () => deliver()))
      const first = decided(other, deliver())
      const texts = [
        { types: "jsonb, uuid, jsonb, jsonb, jsonb, jsonb", commits: [first] },
        { types: "jsonb, jsonb, jsonb, jsonb, jsonb", commits: [first, many] }
      ].map(({ types, commits }) => ({ types, text: commitStatement(commits).statement.text }))
      const plans = () => Effect.forEach(texts, ({ text, types }) => planOf(text, types))
      const fresh = yield* plans()
      yield* commit(many)
      const filled = yield* plans()
      yield* query(statement({ text: "ANALYZE mail_state.messages" }))
      for (const plan of [...fresh, ...filled, ...(yield* plans())]) {
        assert.match(plan, /Insert on messages/)
        assert.notMatch(plan, /messages_\d+_pkey/)
      }
    })
  )
})

/** The names of the commit statements that were sent, over the real store. */
const recorded = Effect.gen(function* () {
  const names: Array<string> = []
  const recording = Layer.effect(
    Postgres,
    Effect.map(Postgres, (postgres) => ({
      ...postgres,
      query: (sql, values) => {
        if (sql.name?.startsWith("commit") === true) names.push(sql.name)
        return postgres.query(sql, values)
      }
    }))
  )
  return { names, layer: MailboxStorePg.layer.pipe(Layer.provideMerge(recording)) }
})

layer(layerTestPostgres, { timeout: "60 seconds" })("a commit of many changes", (it) => {
  it.effect("shares no statement, so that small ones do not wait for it", () =>
    Effect.gen(function* () {
      const { names, layer: store } = yield* recorded
      yield* Effect.gen(function* () {
        const { commit } = yield* MailboxStore
        const states = yield* made(4)
        names.length = 0
        yield* Effect.forEach(
          states,
          (state, n) => commit(decided(state, ...Array.from({ length: n === 1 ? 500 : 1 }, () => deliver()))),
          { concurrency: "unbounded" }
        )
      }).pipe(Effect.provide(store))
      assert.deepEqual(
        names.map((name) => name.split("_")[0]),
        ["commits", "commit"]
      )
    }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["POSTROOM_COMMIT_STATEMENTS", "1"]]))))
  )
})
