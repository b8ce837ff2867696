// What a commit costs as a mailbox grows: time of one command from ask to answer, and of that Postgres.
//   npx tsx bench/commit.ts [--sizes 1000,100000,1000000] [--rounds 5] [--per-round 200] [--dir FOLDER] [--gin]
// The mailboxes are filled with one SQL statement each; then every round runs every command on each of them in turn.
// --gin adds the GIN indexes that decision 8 leaves out.
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { Console, Effect } from "effect"
import { Router } from "../src/actors/mailbox/MailboxProtocol.ts"
import type { Command } from "../src/domain/Command.ts"
import { CorrelationId, FolderId, type MailboxId, MessageId, TaskId } from "../src/domain/ids.ts"
import { folderByRole } from "../src/domain/mailbox/State.ts"
import { Postgres, statement } from "../src/storage/postgres.ts"
import { fillMailbox } from "./measure/fillMailbox.ts"
import { layerActors, makeUsers, newMessage } from "./measure/mailboxes.ts"
import { median, percentile } from "./measure/statistics.ts"

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,100000,1000000" },
    rounds: { type: "string", default: "5" },
    "per-round": { type: "string", default: "200" },
    dir: { type: "string", default: tmpdir() },
    gin: { type: "boolean", default: false }
  }
})
const sizes = values.sizes.split(",").map(Number)
const rounds = Number(values.rounds)
const perRound = Number(values["per-round"])
const folder = mkdtempSync(join(resolve(values.dir), "postroom-commit-"))

/** `deliver` etc. with what a command of that kind is in round `n`; the messages it names are spread over the mailbox. */
const kinds: Readonly<Record<string, (n: number, size: number, folders: Folders) => Command>> = {
  deliver: (n) => ({
    _tag: "Deliver",
    taskId: TaskId(randomUUID()),
    target: "inbox",
    message: newMessage(10_000_000 + n, Date.UTC(2026, 5, 1) + n)
  }),
  flag: (n, size) => ({
    _tag: "ChangeFlags",
    messageIds: [MessageId(1 + ((n * 7919) % size))],
    addFlags: n % 2 === 0 ? ["\\Flagged"] : [],
    removeFlags: n % 2 === 0 ? [] : ["\\Flagged"],
    addCategories: n % 2 === 0 ? [] : [`c${n}`],
    removeCategories: []
  }),
  move: (n, size, folders) => {
    const messageId = MessageId(1 + ((n * 7907) % size))
    return { _tag: "MoveMessages", messageIds: [messageId], toFolderId: otherFolder(messageId, folders) }
  }
}

interface Folders {
  readonly inbox: FolderId
  readonly archive: FolderId
  /** Messages that a move has taken out of the Inbox. */
  readonly archived: Set<MessageId>
}

/** A move to where the message is would be no commit. */
const otherFolder = (messageId: MessageId, { inbox, archive, archived }: Folders): FolderId => {
  if (archived.delete(messageId)) return inbox
  archived.add(messageId)
  return archive
}

interface Filled {
  readonly size: number
  readonly mailboxId: MailboxId
  readonly folders: Folders
}

const fill = (size: number, mailboxId: MailboxId) =>
  Effect.gen(function* () {
    const start = performance.now()
    const state = yield* fillMailbox(mailboxId, size)
    const folderOf = (role: "inbox" | "archive") => folderByRole(state, role)?.id ?? FolderId(0)
    yield* Console.error(`${size} messages filled in ${((performance.now() - start) / 1000).toFixed(1)} s`)
    return {
      size,
      mailboxId,
      folders: { inbox: folderOf("inbox"), archive: folderOf("archive"), archived: new Set<MessageId>() }
    }
  })

let counter = 0
/** Milliseconds of each of `perRound` commands that are asked for one after the other. */
const time = ({ size, mailboxId, folders }: Filled, command: (typeof kinds)[string]) =>
  Effect.gen(function* () {
    const router = yield* Router
    const taken: Array<number> = []
    for (let n = 0; n < perRound; n++) {
      counter += 1
      const wish = command(counter, size, folders)
      const start = performance.now()
      yield* router.ask({
        mailboxId,
        command: wish,
        origin: "bench",
        correlationId: CorrelationId("bench"),
        operationId: null
      })
      taken.push(performance.now() - start)
    }
    return taken
  })

/** A commit that says nothing: what the round trip and the disk cost of each. */
const oneRowCommit = Effect.gen(function* () {
  const postgres = yield* Postgres
  const insert = statement({
    name: "bench_insert",
    text: "INSERT INTO bench_commits (text) VALUES (repeat('x', 200))"
  })
  const taken: Array<number> = []
  for (let n = 0; n < perRound; n++) {
    const start = performance.now()
    yield* postgres.query(insert)
    taken.push(performance.now() - start)
  }
  return taken
})

/** Milliseconds by case, over all rounds. */
type Times = ReadonlyMap<string, ReadonlyArray<number>>

const oneRound = (filled: ReadonlyArray<Filled>) =>
  Effect.gen(function* () {
    const taken = new Map<string, ReadonlyArray<number>>([["one-row commit", yield* oneRowCommit]])
    for (const [kind, command] of Object.entries(kinds))
      for (const one of filled) taken.set(`${kind} ${one.size}`, yield* time(one, command))
    return taken
  })

const together = (times: ReadonlyArray<Times>, key: string) => times.flatMap((round) => round.get(key) ?? [])

const report = (times: ReadonlyArray<Times>) => {
  const least = median(together(times, "one-row commit"))
  console.log(`${rounds} rounds of ${perRound}, one at a time; milliseconds`)
  console.log(`one-row commit: p50 ${least.toFixed(2)}`)
  for (const kind of Object.keys(kinds)) {
    const first = median(together(times, `${kind} ${sizes[0]}`))
    for (const size of sizes) {
      const taken = together(times, `${kind} ${size}`)
      const p50 = median(taken)
      console.log(
        `${kind}, ${size} messages: p50 ${p50.toFixed(2)} p95 ${percentile(taken, 0.95).toFixed(2)}; ` +
          `${(p50 / least).toFixed(2)} times a one-row commit, ${(p50 / first).toFixed(2)} times ${sizes[0]} messages`
      )
    }
  }
}

const main = Effect.gen(function* () {
  const postgres = yield* Postgres
  yield* postgres.query(statement({ text: "CREATE TABLE bench_commits (text text)" }))
  if (values.gin)
    yield* postgres.query(
      statement({
        text: ["headers", "to_cc_bcc", "flags"]
          .map((column) => `CREATE INDEX ON mail_state.messages USING gin (${column});`)
          .join("\n")
      })
    )
  const users = yield* makeUsers(sizes.length)
  const filled = yield* Effect.forEach(users, (mailboxId, index) => fill(sizes[index] ?? 0, mailboxId))
  yield* postgres.query(statement({ text: "ANALYZE mail_state.messages" }))
  // The first round only warms up.
  const times = yield* Effect.forEach(Array.from({ length: rounds + 1 }), () => oneRound(filled))
  report(times.slice(1))
})

await main.pipe(Effect.provide(layerActors(folder)), Effect.scoped, Effect.runPromise)
rmSync(folder, { recursive: true, force: true })
