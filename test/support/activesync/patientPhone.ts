import { assert } from "@effect/vitest"
import { Cause, Effect, Exit, Random, type Scope } from "effect"
import type { CommandName } from "../../../src/protocols/activesync/Command.ts"
import { type Phone, type PhoneAnswer, type PhoneOptions, phoneAt } from "./client.ts"
import { statusOf } from "./handset.ts"

/** A phone that asks again by the same request until it is answered. */
export interface PatientPhone {
  readonly phone: Phone
  /** Times that it asked and was not answered, or told to come later. What it asked may have been done all the same. */
  readonly unanswered: () => number
}

/** Longer than the platform follows a mailbox (`POSTROOM_ROUTE_PATIENCE`). */
const timeOut = "30 seconds"
const pause = "250 millis"
const atMost = "3 minutes"

/** Behind a balancer of several doors: each request may come to another one. */
export const patientPhone = (
  doors: ReadonlyArray<{ readonly httpPort: number }>,
  options: Partial<PhoneOptions>
): Effect.Effect<PatientPhone, never, Scope.Scope> =>
  Effect.gen(function* () {
    const phones = yield* Effect.forEach(doors, ({ httpPort }) =>
      // The single process model looks at the documents.
      phoneAt({ at: { host: "127.0.0.1", http: httpPort }, lints: false }, options)
    )
    const [first] = phones
    if (first === undefined) return yield* Effect.dieMessage("no door")
    let unanswered = 0

    const once = (...asked: Parameters<Phone["ask"]>) =>
      Effect.gen(function* () {
        const { ask } = phones[yield* Random.nextIntBetween(0, phones.length)] ?? first
        const answer = yield* Effect.exit(Effect.timeout(ask(...asked), timeOut))
        if (Exit.isSuccess(answer) ? !isLater(asked[0], answer.value) : !isLost(answer.cause)) return answer
        unanswered += 1
        return null
      })

    const persist = (
      ...asked: Parameters<Phone["ask"]>
    ): Effect.Effect<PhoneAnswer, Cause.TimeoutException> =>
      Effect.flatMap(once(...asked), (answer) => answer ?? Effect.delay(persist(...asked), pause))

    const ask: Phone["ask"] = (...asked) =>
      persist(...asked).pipe(
        Effect.timeoutFail({
          duration: atMost,
          onTimeout: () => new Error(`${asked[0]} was not answered for ${atMost}`)
        }),
        Effect.orDie
      )
    return { phone: { ...first, ask }, unanswered: () => unanswered }
  })

/** What says that the same request may work later (MS-ASCMD 2.2.3.177), beside those of all commands. */
const laterStatuses: Readonly<Partial<Record<CommandName, string>>> = {
  Sync: "16",
  FolderSync: "6",
  FolderCreate: "6",
  FolderUpdate: "6",
  FolderDelete: "6",
  Ping: "8"
}
const laterStatusesOfAll = ["111", "133"]

const isLater = (command: CommandName, { code, headers, document }: PhoneAnswer): boolean => {
  if (code === 503) assert.isDefined(headers["retry-after"], "503 without a time")
  const status = statusOf(document) ?? ""
  return code === 503 || status === laterStatuses[command] || laterStatusesOfAll.includes(status)
}

const brokenConnections = ["ECONNREFUSED", "ECONNRESET", "EPIPE"]

/** Not what is wrong with an answer: that fails the test. */
const isLost = (cause: Cause.Cause<unknown>): boolean => {
  const error = Cause.squash(cause)
  return (
    Cause.isTimeoutException(error) ||
    (error instanceof Error && "code" in error && brokenConnections.some((code) => code === error.code))
  )
}
