import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { rm, symlink } from "node:fs/promises"
import { join } from "node:path"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Unavailable } from "../../src/domain/errors.ts"
import { everybody, faultPlatform, isExternal } from "../support/faultPlatform.ts"
import { assertInvariants, logAsserted } from "../support/invariants.ts"
import type { Platform } from "../support/platform.ts"
import { type PlatformProcess, platformProcess } from "../support/platformProcess.ts"
import { ownPostgresServer } from "../support/postgresServer.ts"
import { startTraffic } from "../support/traffic.ts"

/** Flags the newest message of the owner's Inbox. */
const flagNewest = (platform: Platform, address: string, category: string) =>
  Effect.gen(function* () {
    const { mailbox, call } = yield* platform.client(address)
    const { messages } = yield* call((signal) => mailbox.listMessages({ folderId: 1n }, { signal }))
    const messageIds = messages.slice(0, 1).map(({ id }) => id)
    strictEqual(messageIds.length, 1)
    yield* call((signal) =>
      mailbox.changeFlags({ messageIds, addCategories: [category], operationId: category }, { signal })
    )
  }).pipe(Effect.scoped)

const heads = (platform: Platform) =>
  platform.query<{ readonly user_id: string; readonly epoch: number; readonly modseq: number }>(
    "SELECT user_id, epoch, modseq FROM mail_state.heads ORDER BY user_id"
  )

/** Makes it read and write the other one's blobs, as runners of one deployment do. */
const shareBlobs = (platform: PlatformProcess, withOther: Platform) =>
  Effect.gen(function* () {
    const blobs = join(platform.dataFolder, "blobs")
    yield* Effect.promise(() => rm(blobs, { recursive: true }))
    yield* Effect.promise(() => symlink(join(withOther.dataFolder, "blobs"), blobs))
  })

describe("two runners on one database", () => {
  it.scopedLive(
    "a runner that was paused while another one took its mailboxes over can commit nothing any more",
    () =>
      Effect.gen(function* () {
        const postgres = yield* ownPostgresServer
        const settings = { POSTROOM_STREAMS_MAX_ATTEMPTS: "1000" }
        const first = yield* faultPlatform({ database: postgres.address, settings })
        const second = yield* platformProcess({
          database: postgres.address,
          from: "dist",
          settings: { ...settings, ...first.shared }
        })
        yield* second.kill("SIGKILL")
        if (!isExternal) yield* shareBlobs(second, first)

        const traffic = yield* startTraffic(first, { name: "paused" })
        yield* traffic.more(20)
        const pid = yield* first.pid
        process.kill(pid, "SIGSTOP")
        yield* second.restart()
        for (const address of everybody) yield* flagNewest(second, address, `second.${address}`)
        const taken = yield* heads(first)
        process.kill(pid, "SIGCONT")

        for (const address of everybody) {
          const refused = yield* Effect.flip(flagNewest(first, address, `first.${address}`))
          ok(refused instanceof Unavailable)
        }
        yield* traffic.more(20)
        yield* traffic.end
        const figures = yield* assertInvariants(
          { ...second, dataFolder: yield* first.blobFolder },
          { ...traffic, addresses: everybody, watched: [] }
        )

        const [now, written] = [yield* heads(second), yield* writtenBy(second, "first.%")]
        deepStrictEqual(
          now.map(({ epoch }) => epoch),
          taken.map(({ epoch }) => epoch)
        )
        strictEqual(written, 0)
        yield* logAsserted("two runners", { traffic, figures, faults: 1 })
      }),
    240_000
  )
})

const writtenBy = (platform: Platform, categories: string) =>
  Effect.map(
    platform.query<{ readonly times: number }>(
      `SELECT count(*) AS times FROM mail_state.journal, jsonb_array_elements_text(change -> 'categories') AS category
      WHERE category LIKE $1`,
      [categories]
    ),
    ([row]) => row?.times ?? -1
  )
