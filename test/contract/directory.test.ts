import { assert, layer } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { layerCredentialsPg } from "../../src/storage/directory/CredentialsPg.ts"
import { layerDirectoryMemory } from "../../src/storage/directory/DirectoryMemory.ts"
import { layerDirectoryPg } from "../../src/storage/directory/DirectoryPg.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { entriesContract } from "./directoryEntries.ts"
import { resolveContract } from "./directoryResolve.ts"
import { world } from "./directoryWorld.ts"

layer(layerDirectoryMemory())("the directory in memory", (it) => {
  entriesContract(it)
  resolveContract(it)
})

const layerPg = Layer.mergeAll(layerDirectoryPg(), layerCredentialsPg).pipe(
  Layer.provideMerge(layerTestPostgres)
)

layer(layerPg)("the directory in Postgres", (it) => {
  entriesContract(it)
  resolveContract(it)

  const used = statement({ text: "UPDATE mail_state.heads SET used_bytes = $2 WHERE user_id = $1" })

  it.effect("tells from the mailbox's counter whether it is over quota", () =>
    Effect.gen(function* () {
      const { directory, domains, create } = yield* world
      const postgres = yield* Postgres
      const user = yield* create(`full@${domains.one}`, { quotaBytes: 1_000 })
      const isOverQuota = (bytes: number) =>
        Effect.gen(function* () {
          yield* postgres.query(used, [user.id, bytes])
          yield* TestClock.adjust("1 minute")
          const resolution = yield* directory.resolve(user.email)
          return resolution._tag === "Mailbox" && resolution.isOverQuota
        })
      assert.isFalse(yield* isOverQuota(999))
      assert.isTrue(yield* isOverQuota(1_000))
    })
  )

  it.effect("repeats an answer without asking, until it is too old", () =>
    Effect.gen(function* () {
      const { directory, domains, create } = yield* world
      const postgres = yield* Postgres
      const user = yield* create(`gone@${domains.one}`)
      yield* directory.resolve(user.email)
      yield* directory.resolve(`nobody@${domains.one}`)
      // Behind our back, as another process would.
      yield* postgres.query(statement({ text: "UPDATE mail_state.users SET email = $2 WHERE id = $1" }), [
        user.id,
        `nobody@${domains.one}`
      ])
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* directory.resolve(user.email))._tag, "Mailbox")
      assert.strictEqual((yield* directory.resolve(`nobody@${domains.one}`))._tag, "UnknownUser")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* directory.resolve(user.email))._tag, "UnknownUser")
      assert.strictEqual((yield* directory.resolve(`nobody@${domains.one}`))._tag, "Mailbox")
    })
  )
})
