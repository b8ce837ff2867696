import { Context, type Effect } from "effect"
import type { UserPrincipal } from "./Principal.ts"

/** Who sits before a browser. */
export class Sessions extends Context.Tag("postroom/identity/Sessions")<
  Sessions,
  {
    /** By the `Cookie` header of a request; null = nobody is signed in. */
    readonly authenticate: (cookieHeader: string | undefined) => Effect.Effect<UserPrincipal | null>
  }
>() {}
