import { Effect, type Scope } from "effect"
import { UserRole } from "../../src/rpc/gen/postroom/core/v1/admin_pb.ts"
import type { CorpusMail } from "./corpusMail.ts"
import { demoPassword, type Platform } from "./platform.ts"
import { acceptedAs } from "./readBack.ts"

/** What became of a message that was offered. */
export interface Offered {
  readonly mail: CorpusMail
  readonly to: string
  /** The answer to its last octet. */
  readonly reply: string
  /** Of an accepted message; "" of a refused one. */
  readonly correlationId: string
}

/** Makes users with the demo users' password. */
export const addUsers = (
  platform: Platform,
  addresses: ReadonlyArray<string>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.flatMap(platform.operator, ({ admin, call }) =>
    call((signal) =>
      admin.createUsers(
        {
          users: addresses.map((address) => ({
            address,
            password: demoPassword,
            roles: [UserRole.USER]
          }))
        },
        { signal }
      )
    )
  ).pipe(Effect.asVoid, Effect.orDie)

/** Offers every message to one of the users in turn, two connections for each of them. */
export const offerAll = (
  platform: Platform,
  protocol: "smtp" | "lmtp",
  { mails, users }: { readonly mails: ReadonlyArray<CorpusMail>; readonly users: ReadonlyArray<string> }
): Effect.Effect<ReadonlyArray<Offered>> =>
  Effect.gen(function* () {
    const offered: Array<Offered> = []
    const waiting = mails.map((mail, index) => ({ mail, to: users[index % users.length] ?? "" }))
    const connection = Effect.scoped(
      Effect.gen(function* () {
        const dialogue = yield* platform[protocol]
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          const reply = yield* dialogue.deliver({ to: [next.to], bytes: next.mail.bytes })
          offered.push({ ...next, reply, correlationId: acceptedAs(reply) })
        }
      })
    )
    yield* Effect.all(Effect.replicate(connection, users.length * 2), { concurrency: "unbounded" })
    return offered
  })
