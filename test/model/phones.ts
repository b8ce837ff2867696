import { assert } from "@effect/vitest"
import { Effect, Random, type Scope } from "effect"
import { element } from "../../src/protocols/activesync/wbxml/element.ts"
import { phoneAt } from "../support/activesync/client.ts"
import { readyAt, syncAll, syncFolders } from "../support/activesync/handset.ts"
import { type Platform, platformOn, temporaryFolder } from "../support/platform.ts"
import { migratedDatabase } from "../support/postgres.ts"
import { act } from "./acts.ts"
import { catchUp, folders, type ModelPhone, modelPhone } from "./ModelPhone.ts"
import { othersAt } from "./Others.ts"

export interface ModelOptions {
  readonly seed: number
  readonly operations: number
  readonly restarts: number
}

/**
 * Three phones of one mailbox do what comes to their minds, lose answers and ask again, while mail arrives, others read and
 * delete, and the server goes down and comes back. A phone that is told nonsense (an Add twice, a Change or Delete of what
 * it has not, a needless resync) fails at once; when all is quiet, every phone must hold what one that begins anew is told.
 */
export const runModel = ({
  seed,
  operations,
  restarts
}: ModelOptions): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const database = yield* migratedDatabase
    const folder = yield* temporaryFolder
    const rounds = restarts + 1
    let known: ReadonlyArray<ModelPhone> = []
    for (let round = 0; round < rounds; round++) {
      known = yield* Effect.scoped(
        Effect.gen(function* () {
          const platform = yield* platformOn(database, {}, folder)
          const others = yield* othersAt(platform)
          const [first, ...rest] = yield* Effect.forEach(["ONE", "TWO", "THREE"], (name, n) =>
            Effect.flatMap(phoneAt(platform, { deviceId: `MODEL${name}` }), (phone) =>
              modelPhone({ phone, unanswered: () => 0 }, known[n])
            )
          )
          const phones = [first ?? assert.fail("no phone"), ...rest] as const
          for (let n = 0; n < operations / rounds; n++) yield* act(others, phones, `${seed}.${round}.${n}`)
          if (round === rounds - 1) yield* assertQuiet(platform, phones)
          return phones
        })
      )
    }
  }).pipe(Effect.withRandom(Random.make(seed)))

/** Every phone holds what one that begins anew is told. */
export const assertQuiet = (platform: Pick<Platform, "at">, phones: ReadonlyArray<ModelPhone>) =>
  Effect.gen(function* () {
    for (const phone of phones) {
      const { handset, filters } = phone
      const { address, deviceId } = handset.phone.options
      const fresh = yield* readyAt(platform, { address, deviceId: `FRESH${deviceId}` })
      yield* syncFolders(handset)
      assert.deepStrictEqual(sorted(handset.folders), sorted(fresh.folders))
      for (const id of folders) {
        yield* syncAll(fresh, id, { options: [element("AirSync:FilterType", filters.get(id) ?? 0)] })
        yield* catchUp(phone, id)
        assert.deepStrictEqual(sorted(handset.items.get(id)), sorted(fresh.items.get(id)), `folder ${id}`)
      }
    }
  })

const sorted = <A>(map: ReadonlyMap<string, A> = new Map()) =>
  [...map].sort(([a], [b]) => a.localeCompare(b, "en"))
