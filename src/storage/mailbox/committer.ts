import { Config, Effect, type Scope } from "effect"
import type { ConfigError } from "effect/ConfigError"
import { setting } from "../../settings/setting.ts"
import { atLeast, integer } from "../../settings/types.ts"
import { makeBatcher } from "../Batcher.ts"
import type { Postgres, PostgresError } from "../postgres.ts"
import { commitStatement } from "./commitStatement.ts"
import type { Commit } from "./MailboxStore.ts"

/** How commits of different mailboxes share statements. */
const CommitterConfig = Config.all({
  maxItems: setting({
    name: "POSTROOM_COMMITS_PER_STATEMENT",
    type: integer,
    default: 32,
    meaning: "Mailboxes whose commits share one statement, where they come at once.",
    check: atLeast(1)
  }),
  maxInFlight: setting({
    name: "POSTROOM_COMMIT_STATEMENTS",
    type: integer,
    default: 4,
    meaning: "Such statements at a time; more of them share less.",
    check: atLeast(1)
  })
})

interface Waiting {
  readonly commit: Commit
  /** Whether epoch and modseq fitted. */
  isWritten: boolean
}

/** A commit of more changes than this shares no statement: the others would wait for it. */
const maxShared = 200

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
      const byMailbox = new Map<string, Waiting>(waiting.map((one) => [one.commit.before.mailboxId, one]))
      // The statement could not tell them apart. Never so: an actor commits once at a time.
      if (byMailbox.size < waiting.length) return Effect.dieMessage("two commits of one mailbox at once")
      const { statement, values } = commitStatement(waiting.map(({ commit }) => commit))
      return Effect.map(postgres.query(statement, values), (rows) => {
        for (const { user_id } of rows) {
          const one = byMailbox.get(user_id)
          if (one !== undefined) one.isWritten = true
        }
      })
    }
    const config = yield* CommitterConfig
    const shared = yield* makeBatcher({ ...config, run: write, isParticular })
    const alone = yield* makeBatcher({ ...config, maxItems: 1, run: write, isParticular })
    return (commit) =>
      Effect.suspend(() => {
        const waiting = { commit, isWritten: false }
        const share = commit.entries.length > maxShared ? alone : shared
        return Effect.map(share([waiting]), () => waiting.isWritten)
      })
  })
