import { ok, strictEqual } from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmdirSync } from "node:fs"
import { rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, layer } from "@effect/vitest"
import { Context, Duration, Effect, Layer, type Scope } from "effect"
import { faultPlatform, isExternal } from "../support/faultPlatform.ts"
import { type FaultStory, faultStory } from "../support/faultStory.ts"
import type { Offer } from "../support/offers.ts"
import type { PlatformProcess } from "../support/platformProcess.ts"
import { counted, type Traffic } from "../support/traffic.ts"

const succeeds = (command: string, ...args: ReadonlyArray<string>) =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0

const mountSmall = (folder: string) => succeeds("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder)
const unmount = (folder: string) => succeeds("umount", "-l", folder)

/** Whether this machine lets us make a disk that is soon full: Linux, root, and the capability. */
const canMount = (() => {
  const folder = mkdtempSync(join(tmpdir(), "postroom-test-mount-"))
  const isMounted = mountSmall(folder) && unmount(folder)
  rmdirSync(folder)
  return isMounted
})()

/** A platform whose blobs lie on a disk that can be filled and spoilt. */
class BadDisk extends Context.Tag("postroom/test/chaos/BadDisk")<
  BadDisk,
  FaultStory & {
    /** The error that disk calls fail with, or `hang` or `slow`. */
    readonly spoil: (how: string) => Effect.Effect<void>
    readonly heal: Effect.Effect<void>
    readonly enlarge: Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.scoped(
    BadDisk,
    Effect.gen(function* () {
      const control = join(tmpdir(), `postroom-test-bad-disk-${process.pid}`)
      const preload = fileURLToPath(new URL("../support/badDisk.mjs", import.meta.url))
      const heal = Effect.promise(() => rm(control, { force: true }))
      const platform = yield* faultPlatform({
        settings: {
          NODE_OPTIONS: `--import ${preload}`,
          TEST_BAD_DISK: control,
          POSTROOM_BLOBS_DEADLINE: "1 second"
        }
      })
      const blobs = join(platform.dataFolder, "blobs")
      if (canMount) yield* onSmallDisk(platform, blobs)
      yield* Effect.addFinalizer(() => heal)
      return {
        ...(yield* faultStory(platform)),
        spoil: (how) => Effect.promise(() => writeFile(control, how)),
        heal,
        enlarge: Effect.sync(() => {
          ok(succeeds("mount", "-o", "remount,size=512m", blobs))
        })
      }
    })
  )
}

const onSmallDisk = (platform: PlatformProcess, blobs: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    yield* platform.kill("SIGTERM")
    yield* Effect.acquireRelease(
      Effect.sync(() => ok(mountSmall(blobs))),
      () => Effect.sync(() => unmount(blobs))
    )
    yield* platform.restart()
  })

/** Traffic over a fault that `act` makes and takes away again, and then all that must hold. */
const through = (how: string, act: (traffic: Traffic) => Effect.Effect<void, never, BadDisk>) =>
  Effect.flatMap(BadDisk, (disk) =>
    disk.through(`disk: ${how}`, (traffic) =>
      traffic.more(10).pipe(Effect.zipRight(act(traffic)), Effect.zipRight(traffic.more(10)))
    )
  )

const repliesOf = (offers: ReadonlyArray<Offer>): ReadonlySet<string> =>
  new Set(offers.map(({ reply }) => reply.slice(0, 3)))

const patience = 180_000

describe.skipIf(isExternal)("blobs as files (not in MinIO)", () => {
  layer(BadDisk.layer, { timeout: Duration.minutes(3), excludeTestServices: true })("a bad disk", (it) => {
    it.effect.skipIf(!canMount)(
      "full: clients hear 452 until there is room, and what was accepted is delivered (needs root: mounts a tmpfs)",
      () =>
        Effect.gen(function* () {
          const { enlarge } = yield* BadDisk
          const offers = yield* through("full", (traffic) =>
            Effect.zipRight(traffic.more(20, "deferred"), enlarge)
          )
          ok(repliesOf(offers).has("452"))
        }),
      patience
    )

    it.effect(
      "without room for a while: clients hear 452",
      () => Effect.map(spoilt("ENOSPC"), (offers) => ok(repliesOf(offers).has("452"))),
      patience
    )

    it.effect(
      "failing for a while: clients hear 451, and mail accepted before is delivered after",
      () => Effect.map(spoilt("EIO"), (offers) => ok(repliesOf(offers).has("451"))),
      patience
    )

    it.effect(
      "hanging for a while: clients hear 451 instead of waiting, and nothing is half accepted",
      () => Effect.map(spoilt("hang"), (offers) => ok(repliesOf(offers).has("451"))),
      patience
    )

    it.effect(
      "slow: mail is late, and that is all",
      () =>
        through("slow", (traffic) =>
          Effect.gen(function* () {
            const { spoil, heal } = yield* BadDisk
            yield* spoil("slow")
            yield* traffic.more(15)
            yield* heal
          })
        ),
      patience
    )
  })
})

const spoilt = (how: string) =>
  through(how, (traffic) =>
    Effect.gen(function* () {
      const { spoil, heal } = yield* BadDisk
      yield* spoil(how)
      yield* traffic.more(8, "deferred")
      const before = counted(traffic.offers, "accepted")
      yield* traffic.more(8, "deferred")
      strictEqual(counted(traffic.offers, "accepted"), before)
      yield* heal
    })
  )
