import { timestampDate } from "@bufbuild/protobuf/wkt"
import { Args, Command } from "@effect/cli"
import { Effect } from "effect"
import { isUuid } from "../domain/ids.ts"
import { common, described } from "./options.ts"
import { printRow } from "./output.ts"
import { type Session, withSession } from "./session.ts"

const who = Args.text({ name: "address" }).pipe(
  Args.withDescription("of its user, or the mailbox's id as `shard show` has it")
)

const mailboxOf = ({ admin }: Session, who: string) =>
  isUuid(who) ? Effect.succeed(who) : Effect.map(admin.user(who), ({ id }) => `${id}`)

const where = Command.make("where", { who, ...common }, ({ who, ...options }) =>
  withSession(options, "anyone", (session) =>
    Effect.gen(function* () {
      const { rpc } = session
      const mailboxId = yield* mailboxOf(session, who)
      const { shard, address, claimedEpoch, quarantinedAt } = yield* rpc.call((signal) =>
        rpc.cluster.whereMailbox({ mailboxId }, { signal })
      )
      yield* printRow(options.output, {
        mailbox: mailboxId,
        shard: shard?.shardId ?? null,
        owner: shard?.owner || null,
        alive: shard?.ownerAlive ?? false,
        at: address || null,
        target: shard?.target || null,
        epoch: Number(shard?.epoch ?? 0),
        claimedEpoch: Number(claimedEpoch),
        quarantined: quarantinedAt === undefined ? null : timestampDate(quarantinedAt).toISOString()
      })
    })
  )
).pipe(
  Command.withDescription(
    described(
      "Which shard and runner a mailbox is at, and whether it is shut.",
      "postroom mailbox where bob@demo.test"
    )
  )
)

const quarantine = Command.make("quarantine", { who, ...common }, ({ who, ...options }) =>
  withSession(options, "anyone", (session) =>
    Effect.gen(function* () {
      const { rpc } = session
      const mailboxId = yield* mailboxOf(session, who)
      yield* rpc.call((signal) => rpc.cluster.quarantineMailbox({ mailboxId }, { signal }))
      yield* printRow(options.output, { mailbox: mailboxId, quarantined: true })
    })
  )
).pipe(
  Command.withDescription(
    described(
      "Shut a mailbox: nothing is written to it any more. Its mail waits, and becomes dead letters in the end.",
      "postroom mailbox quarantine bob@demo.test"
    )
  )
)

const release = Command.make("release", { who, ...common }, ({ who, ...options }) =>
  withSession(options, "anyone", (session) =>
    Effect.gen(function* () {
      const { rpc } = session
      const mailboxId = yield* mailboxOf(session, who)
      yield* rpc.call((signal) => rpc.cluster.releaseMailbox({ mailboxId }, { signal }))
      yield* printRow(options.output, { mailbox: mailboxId, quarantined: false })
    })
  )
).pipe(
  Command.withDescription(
    described(
      "Open a mailbox again that an operator or repeated defects have shut. Then `queue replay mail_ingest`.",
      "postroom mailbox release bob@demo.test"
    )
  )
)

export const mailbox = Command.make("mailbox").pipe(
  Command.withDescription(described("Where single mailboxes are; shutting them.")),
  Command.withSubcommands([where, quarantine, release])
)
