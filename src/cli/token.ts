import { Args, Command, Options } from "@effect/cli"
import { Clock, Console, Duration, Effect, Option, Redacted, Stream } from "effect"
import type { AdminClient } from "../rpc/AdminClient.ts"
import { usage } from "./failure.ts"
import { described, personal } from "./options.ts"
import { printAll, printRow, type Row } from "./output.ts"
import { withSession } from "./session.ts"

type OwnToken = Stream.Stream.Success<AdminClient["tokens"]>

const time = (millis: number) => new Date(millis).toISOString()

const rowOf = ({ id, label, createdAt, expiresAt }: OwnToken): Row => ({
  id,
  label,
  created: time(createdAt),
  expires: expiresAt === null ? "never" : time(expiresAt)
})

const add = Command.make(
  "add",
  {
    label: Options.text("label").pipe(
      Options.withDescription("what it is for, shown in lists"),
      Options.withDefault("")
    ),
    expiresIn: Options.text("expires-in").pipe(
      Options.withDescription("when it ends, as in '30 days'; never without it"),
      Options.optional
    ),
    ...personal
  },
  ({ label, expiresIn, ...options }) =>
    Effect.gen(function* () {
      const lifetime = yield* readLifetime(expiresIn)
      const expiresAt = lifetime === null ? null : (yield* Clock.currentTimeMillis) + lifetime
      yield* withSession(options, "user", ({ admin }) =>
        Effect.gen(function* () {
          const { token, secret } = yield* admin.createToken(label, expiresAt)
          yield* printRow(options.output, { ...rowOf(token), token: Redacted.value(secret) })
          yield* Console.error("Keep the token now; it is not shown again.")
        })
      )
    })
).pipe(
  Command.withDescription(
    described(
      "Make a token to sign in with instead of your password.",
      "postroom token add --as alice@demo.test --label laptop --expires-in '30 days'"
    )
  )
)

/** Milliseconds; null = without end. */
const readLifetime = (text: Option.Option<string>) =>
  Effect.gen(function* () {
    if (Option.isNone(text)) return null
    const [, amount, unit] = /^(\d{1,6}) ?(minute|hour|day|week)s?$/.exec(text.value) ?? []
    switch (unit) {
      case "minute":
        return Duration.toMillis(Duration.minutes(Number(amount)))
      case "hour":
        return Duration.toMillis(Duration.hours(Number(amount)))
      case "day":
        return Duration.toMillis(Duration.days(Number(amount)))
      case "week":
        return Duration.toMillis(Duration.weeks(Number(amount)))
      default:
        return yield* usage(`"${text.value}" is not a time like '12 hours', '30 days' or '4 weeks'.`)
    }
  })

const list = Command.make("list", personal, (options) =>
  withSession(options, "user", ({ admin }) => printAll(options.output, Stream.map(admin.tokens, rowOf)))
).pipe(
  Command.withDescription(
    described("List your tokens, without their secrets.", "postroom token list --as alice@demo.test")
  )
)

const revoke = Command.make("revoke", { id: Args.text({ name: "id" }), ...personal }, ({ id, ...options }) =>
  withSession(options, "user", ({ admin }) =>
    Effect.zipRight(admin.revokeToken(id), printRow(options.output, { id, revoked: true }))
  )
).pipe(
  Command.withDescription(
    described("End one of your tokens at once.", "postroom token revoke ID --as alice@demo.test")
  )
)

export const token = Command.make("token").pipe(
  Command.withDescription(described("Your own tokens, to sign in with instead of a password.")),
  Command.withSubcommands([add, list, revoke])
)
