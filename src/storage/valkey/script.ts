import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { ValkeyConnection } from "./Valkey.ts"
import type { ValkeyError } from "./ValkeyError.ts"

/** Runs as a whole: nobody sees half of it. Its keys are `key` and others that begin with it. */
export type Script = (
  connection: ValkeyConnection,
  key: string,
  args: ReadonlyArray<string | number>
) => Effect.Effect<unknown, ValkeyError>

/** A program in Lua, which is sent only where the server does not have it yet. */
export const script = (text: string): Script => {
  const hash = createHash("sha1").update(text).digest("hex")
  return ({ run }, key, args) =>
    run(["evalsha", hash, 1, key, ...args]).pipe(
      Effect.catchIf(
        (error) => error._tag === "ValkeyRefused" && error.code === "NOSCRIPT",
        () => run(["eval", text, 1, key, ...args])
      ),
      Effect.map(([reply]) => reply)
    )
}
