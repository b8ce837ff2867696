import { Array as Arrays, Effect, Fiber, Redacted, Schedule, type Scope } from "effect"
import { shardOf } from "../../src/actors/sharding/Ownership.ts"
import { makeAdminClient } from "../../src/rpc/AdminClient.ts"
import { shardCount } from "./fleet.ts"
import { demoPassword, type Platform } from "./platform.ts"

/** A commit as its client saw it, in milliseconds of one clock. */
export interface Commit {
  readonly askedAt: number
  readonly answeredAt: number
}

/** A mailbox that is written to for no other end than to see whether that can be done. */
export interface Probe {
  readonly shardId: number
  /** Commits one after the other while the effect runs, and three more: all that succeeded. */
  readonly during: <E, R>(effect: Effect.Effect<void, E, R>) => Effect.Effect<ReadonlyArray<Commit>, E, R>
  /** When the first commit that was asked for from now on was answered. */
  readonly writable: Effect.Effect<number>
}

/** New people of a tenant of their own; their addresses. */
export const newPeople = (
  platform: Platform,
  tenant: string,
  count: number
): Effect.Effect<ReadonlyArray<{ readonly address: string; readonly shardId: number }>> =>
  Effect.gen(function* () {
    const admin = makeAdminClient(yield* platform.operator)
    yield* admin.createTenant(tenant)
    yield* admin.createDomain(tenant, `${tenant}.test`)
    const users = yield* admin.createUsers(
      Arrays.makeBy(count, (n) => ({
        address: `p${n}@${tenant}.test`,
        displayName: "",
        roles: ["user" as const],
        quotaBytes: null,
        password: Redacted.make(demoPassword)
      }))
    )
    return users.map(({ id, email }) => ({ address: email, shardId: shardOf(id, shardCount) }))
  }).pipe(Effect.scoped, Effect.orDie)

export const probe = (
  platform: Platform,
  { address, shardId }: { readonly address: string; readonly shardId: number }
): Effect.Effect<Probe, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { mailbox, call } = yield* platform.client(address)
    const { folderId } = yield* Effect.orDie(
      call((signal) => mailbox.createFolder({ name: "probe" }, { signal }))
    )
    let count = 0
    const commit = Effect.suspend(() => {
      const askedAt = performance.now()
      // Another one each time, whatever came of the time before: only that is a commit.
      const name = `probe ${++count}`
      return Effect.map(
        call((signal) => mailbox.renameFolder({ folderId, name }, { signal })),
        (): Commit => ({ askedAt, answeredAt: performance.now() })
      )
    })
    const first = Effect.retry(commit, Schedule.spaced("5 millis")).pipe(
      Effect.timeout("2 minutes"),
      Effect.orDie
    )
    return {
      shardId,
      during: (effect) =>
        Effect.gen(function* () {
          const commits: Array<Commit> = []
          let isOver = false
          const keep = Effect.map(first, (done) => {
            commits.push(done)
            return isOver
          })
          const writing = yield* Effect.fork(Effect.repeat(keep, { until: (over) => over }))
          yield* Effect.ensuring(
            effect,
            Effect.sync(() => {
              isOver = true
            })
          )
          yield* Fiber.join(writing)
          for (let n = 0; n < 2; n++) yield* keep
          return commits
        }),
      writable: Effect.map(first, ({ answeredAt }) => answeredAt)
    }
  })
