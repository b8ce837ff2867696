import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream, TestClock } from "effect"
import type { BlobKey } from "../../../src/domain/ids.ts"
import type { BlobStore } from "../../../src/storage/blobs/BlobStore.ts"
import { type Files, nodeFiles } from "../../../src/storage/blobs/files.ts"
import {
  draftsIn,
  makeGate,
  newBlobKey,
  temporaryFolder,
  withStore,
  withStoreIn
} from "../../support/blobs.ts"

class SystemError extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** Every way of putting: at once, gathered, and through a file while the bytes arrive. */
const putsOf = {
  putBytes: (store: typeof BlobStore.Service, key: BlobKey) => store.putBytes(key, randomBytes(20_000)),
  "a small put": (store: typeof BlobStore.Service, key: BlobKey) =>
    store.put(key, Stream.make(randomBytes(20_000))),
  "a large put": (store: typeof BlobStore.Service, key: BlobKey) =>
    store.put(key, Stream.make(randomBytes(20_000), randomBytes(20_000)).pipe(Stream.rechunk(1)))
}
const limits = { bufferBytes: 16_384 }

describe("BlobStoreFs on a disk that fails", () => {
  const reasons = { ENOSPC: "full", EDQUOT: "full", EIO: "io", EMFILE: "io" } as const
  const failing: ReadonlyArray<readonly [keyof Files, keyof typeof reasons]> = [
    ["create", "ENOSPC"],
    ["create", "EMFILE"],
    ["write", "ENOSPC"],
    ["write", "EDQUOT"],
    ["syncData", "EIO"],
    ["makeDirectory", "ENOSPC"],
    ["link", "ENOSPC"],
    ["link", "EIO"],
    ["syncDirectory", "EIO"]
  ]
  for (const [call, code] of failing) {
    for (const [way, put] of Object.entries(putsOf)) {
      it.live(`leaves nothing behind when ${call} fails with ${code} in ${way}, and recovers`, () => {
        let isBroken = true
        const files: Files = {
          ...nodeFiles,
          [call]: (...args: Parameters<Files[typeof call]>) =>
            isBroken ? Promise.reject(new SystemError(code)) : Reflect.apply(nodeFiles[call], nodeFiles, args)
        }
        return withStore(
          (store, dataFolder) =>
            Effect.gen(function* () {
              const key = newBlobKey()
              const error = yield* Effect.flip(put(store, key))
              assert.strictEqual(error.reason, reasons[code])
              assert.isFalse(existsSync(join(dataFolder, key)))
              assert.deepEqual(draftsIn(dataFolder), [])
              isBroken = false
              const ref = yield* put(store, key)
              assert.strictEqual((yield* store.get(ref)).length, ref.sizeBytes)
            }),
          { files, limits }
        )
      })
    }
  }

  for (const call of ["create", "write", "syncData", "link", "syncDirectory"] as const) {
    for (const [way, put] of Object.entries(putsOf)) {
      it.effect(`ends ${way} with a timeout when ${call} hangs, and undoes it once the disk answers`, () => {
        const reached = makeGate()
        const gate = makeGate()
        const files: Files = {
          ...nodeFiles,
          [call]: (...args: Parameters<Files[typeof call]>) => {
            reached.open()
            return gate.opened.then(() => Reflect.apply(nodeFiles[call], nodeFiles, args))
          }
        }
        return Effect.scoped(
          Effect.gen(function* () {
            const dataFolder = yield* temporaryFolder
            const key = newBlobKey()
            yield* withStoreIn({ dataFolder, files, limits }, (store) =>
              Effect.gen(function* () {
                const failed = yield* Effect.fork(Effect.flip(put(store, key)))
                yield* Effect.promise(() => reached.opened)
                yield* TestClock.adjust("20 seconds")
                assert.strictEqual((yield* Fiber.join(failed)).reason, "timeout")
                gate.open()
              })
            )
            assert.isFalse(existsSync(join(dataFolder, key)))
            assert.deepEqual(draftsIn(dataFolder), [])
          })
        )
      })
    }
  }

  const canMount = process.platform === "linux" && process.getuid?.() === 0
  it.live.skipIf(!canMount)("says that a really full disk is full, and works again once there is room", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const dataFolder = yield* temporaryFolder
        yield* Effect.acquireRelease(
          Effect.sync(() =>
            execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "postroom-test", dataFolder])
          ),
          () => Effect.sync(() => execFileSync("umount", [dataFolder]))
        )
        yield* withStoreIn({ dataFolder, limits }, (store) =>
          Effect.gen(function* () {
            const kept = yield* store.putBytes(newBlobKey(), randomBytes(600_000))
            const key = newBlobKey()
            const atOnce = yield* Effect.flip(store.putBytes(key, randomBytes(600_000)))
            assert.strictEqual(atOnce.reason, "full")
            const inPieces = Stream.repeatEffect(Effect.sync(() => randomBytes(20_000))).pipe(Stream.take(30))
            assert.strictEqual((yield* Effect.flip(store.put(key, inPieces))).reason, "full")
            assert.deepEqual(draftsIn(dataFolder), [])
            assert.isFalse(existsSync(join(dataFolder, key)))
            yield* store.remove(kept.key)
            yield* store.putBytes(key, randomBytes(600_000))
          })
        )
      })
    )
  )
})
