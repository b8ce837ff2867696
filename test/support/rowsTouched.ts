import { Effect } from "effect"
import { assert } from "vitest"
import { Postgres, type SqlValue, statement } from "../../src/storage/postgres.ts"

interface Plan {
  readonly "Actual Rows": number
  readonly "Actual Loops": number
  readonly "Rows Removed by Filter"?: number
  readonly Plans?: ReadonlyArray<Plan>
}

/** Rows that a statement touches, with values that Postgres does not know when it plans. */
export const rowsTouched = (text: string, types: string, values: ReadonlyArray<SqlValue>) =>
  Effect.gen(function* () {
    const { query, transaction } = yield* Postgres
    const literals = values.map((value) => (value === null ? "NULL" : `'${value}'`)).join(", ")
    const [plan] = yield* transaction(
      Effect.gen(function* () {
        yield* query(statement({ text: "SET LOCAL plan_cache_mode = force_generic_plan" }))
        yield* query(statement({ text: `PREPARE touched (${types}) AS ${text}` }))
        const found = yield* query(
          statement<{ readonly "QUERY PLAN": ReadonlyArray<{ readonly Plan: Plan }> }>({
            text: `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE touched (${literals})`
          })
        )
        yield* query(statement({ text: "DEALLOCATE touched" }))
        return found
      })
    )
    const sum = (node: Plan): number =>
      (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"] +
      (node.Plans ?? []).reduce((total, below) => total + sum(below), 0)
    return sum(plan?.["QUERY PLAN"][0]?.Plan ?? assert.fail("no plan"))
  })
