import { Config, Effect, type Scope } from "effect"
import type { ConfigError } from "effect/ConfigError"
import type { MailboxId } from "../../domain/ids.ts"
import { type Postgres, type PostgresError, statement } from "../postgres.ts"
import { makeBatcher } from "../streams/Batcher.ts"
import { commitStatement } from "./commitStatement.ts"
import type { Commit } from "./MailboxStore.ts"

const atLeastOne = Config.validate({ message: "at least 1", validation: (n: number) => n >= 1 })

/** How commits of different mailboxes share statements. */
const CommitterConfig = Config.all({
  maxItems: Config.integer("POSTROOM_COMMITS_PER_STATEMENT").pipe(
    Config.withDefault(32),
    atLeastOne,
    Config.withDescription("Mailboxes whose commits share one statement, where they come at once.")
  ),
  maxInFlight: Config.integer("POSTROOM_COMMIT_STATEMENTS").pipe(
    Config.withDefault(4),
    atLeastOne,
    Config.withDescription("Such statements at a time; more of them share less.")
  )
})

interface Waiting {
  readonly commit: Commit
  /** Whether epoch and modseq fitted. */
  isWritten: boolean
}

/** A broken rule of the schema, a deadlock, a row that somebody holds: nothing was written, each may do better alone. */
const isParticular = (error: PostgresError): boolean =>
  error._tag === "PostgresRejected" || error.reason === "conflict" || error.reason === "timeout"

/**
 * Writes commits and says whether they were: false where the mailbox's head does not fit. Those that wait together share
 * a statement and so its round trip, its transaction and its place in the WAL; each stands or falls by itself.
 */
export const makeCommitter = (
  postgres: Postgres["Type"]
): Effect.Effect<(commit: Commit) => Effect.Effect<boolean, PostgresError>, ConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const write = (waiting: ReadonlyArray<Waiting>): Effect.Effect<void, PostgresError> => {
      const [now, later] = oncePerMailbox(waiting)
      const { name, text, values } = commitStatement(now.map(({ commit }) => commit))
      const written = Effect.map(
        postgres.query(statement<{ readonly user_id: string }>({ name, text }), values),
        (rows) => {
          const mailboxes = new Set(rows.map(({ user_id }) => user_id))
          for (const one of now) one.isWritten = mailboxes.has(one.commit.before.mailboxId)
        }
      )
      return later.length === 0 ? written : Effect.zipRight(written, write(later))
    }
    const together = yield* makeBatcher({ ...(yield* CommitterConfig), run: write, isParticular })
    return (commit) =>
      Effect.suspend(() => {
        const waiting = { commit, isWritten: false }
        return Effect.map(together([waiting]), () => waiting.isWritten)
      })
  })

/** An actor commits once at a time; should two commits of a mailbox meet all the same, the later ones come after. */
const oncePerMailbox = (
  waiting: ReadonlyArray<Waiting>
): [now: ReadonlyArray<Waiting>, later: ReadonlyArray<Waiting>] => {
  const seen = new Set<MailboxId>()
  const now: Array<Waiting> = []
  const later: Array<Waiting> = []
  for (const one of waiting) {
    const { mailboxId } = one.commit.before
    if (seen.has(mailboxId)) later.push(one)
    else now.push(one)
    seen.add(mailboxId)
  }
  return [now, later]
}
