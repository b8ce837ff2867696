import { Context, Effect, Layer, Redacted } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import { Postgres, statement } from "../postgres.ts"
import { run } from "./rows.ts"

/** Keys that all processes share, by name. Who reads the database could as well write a session into it. */
export class SignInKeys extends Context.Tag("postroom/storage/SignInKeys")<
  SignInKeys,
  {
    /** As it was made first, by whichever process; `make` gives JSON. */
    readonly ensure: (name: string, make: () => string) => Effect.Effect<Redacted.Redacted, Unavailable>
  }
>() {
  static readonly layer: Layer.Layer<SignInKeys, never, Postgres> = Layer.effect(
    SignInKeys,
    Effect.map(Postgres, (postgres) => {
      const query = run(postgres)
      const find = (name: string) => Effect.map(query(select, [name]), ([row]) => row?.value)
      return SignInKeys.of({
        ensure: Effect.fnUntraced(function* (name, make) {
          const known = yield* find(name)
          if (known !== undefined) return Redacted.make(known)
          yield* query(insert, [name, make()])
          const made = yield* find(name)
          return made === undefined ? yield* Effect.dieMessage("a key was removed") : Redacted.make(made)
        })
      })
    })
  )
}

const select = statement<{ readonly value: string }>({
  text: "SELECT value::text AS value FROM sign_in.keys WHERE name = $1"
})

const insert = statement({
  text: "INSERT INTO sign_in.keys (name, value) VALUES ($1, $2::jsonb) ON CONFLICT (name) DO NOTHING"
})
