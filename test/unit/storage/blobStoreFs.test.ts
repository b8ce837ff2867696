import { randomBytes } from "node:crypto"
import { readFileSync, statSync } from "node:fs"
import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Stream, TestClock } from "effect"
import { BlobUnavailable } from "../../../src/storage/blobs/BlobStore.ts"
import { type Files, nodeFiles } from "../../../src/storage/blobs/files.ts"
import {
  makeGate,
  newBlobKey,
  temporaryFolder,
  tenantId,
  withStore,
  withStoreIn
} from "../../support/blobs.ts"

const limits = { bufferBytes: 16_384 }

describe("BlobStoreFs", () => {
  it.live("makes bytes durable before their name, and the name before it answers", () => {
    const log: Array<string> = []
    const files: Files = {
      ...nodeFiles,
      write: (fd, bytes, position) => nodeFiles.write(fd, bytes, position).finally(() => log.push("written")),
      syncData: (fd) => nodeFiles.syncData(fd).finally(() => log.push("data synced")),
      link: (from, to) => {
        log.push("link")
        return nodeFiles.link(from, to)
      },
      syncDirectory: (fd) => nodeFiles.syncDirectory(fd).finally(() => log.push("directory synced"))
    }
    return withStore(
      (store) =>
        Effect.gen(function* () {
          yield* store.putBytes(newBlobKey(), randomBytes(10))
          log.length = 0
          yield* store.putBytes(newBlobKey(), randomBytes(10))
          assert.deepEqual(log, ["written", "data synced", "link", "directory synced"])
        }),
      { files }
    )
  })

  it.live("syncs every directory that it makes in its parent", () => {
    const synced: Array<string> = []
    const paths = new Map<number, string>()
    const files: Files = {
      ...nodeFiles,
      open: (path) =>
        nodeFiles.open(path).then((fd) => {
          paths.set(fd, path)
          return fd
        }),
      syncDirectory: (fd) => {
        synced.push(paths.get(fd) ?? "")
        return nodeFiles.syncDirectory(fd)
      }
    }
    return withStore(
      (store, dataFolder) =>
        Effect.gen(function* () {
          const key = newBlobKey()
          yield* store.putBytes(key, randomBytes(10))
          let folder = dirname(join(dataFolder, key))
          const expected = [folder]
          while (folder !== dataFolder) {
            folder = dirname(folder)
            expected.unshift(folder)
          }
          assert.deepEqual(synced, expected)
        }),
      { files }
    )
  })

  it.live("serves many puts with one sync of their directory", () => {
    let syncs = 0
    const files: Files = {
      ...nodeFiles,
      syncDirectory: (fd) => {
        syncs += 1
        return nodeFiles.syncDirectory(fd)
      }
    }
    return withStore(
      (store) =>
        Effect.gen(function* () {
          yield* store.putBytes(newBlobKey(), randomBytes(10))
          syncs = 0
          yield* Effect.forEach(
            Array.from({ length: 64 }),
            () => store.putBytes(newBlobKey(), randomBytes(10)),
            {
              concurrency: "unbounded"
            }
          )
          assert.isAbove(syncs, 0)
          assert.isBelow(syncs, 64)
        }),
      { files }
    )
  })

  it.live("has no more operations at the disk than allowed", () => {
    let open = 0
    let most = 0
    const files: Files = {
      ...nodeFiles,
      create: (path) => {
        open += 1
        most = Math.max(most, open)
        return nodeFiles.create(path)
      },
      link: (from, to) => {
        open -= 1
        return nodeFiles.link(from, to)
      }
    }
    return withStore(
      (store) =>
        Effect.gen(function* () {
          yield* Effect.forEach(
            Array.from({ length: 40 }),
            () => store.putBytes(newBlobKey(), randomBytes(10)),
            {
              concurrency: "unbounded"
            }
          )
          assert.strictEqual(most, 3)
        }),
      { files, limits: { maxConcurrent: 3 } }
    )
  })

  it.effect("makes a large message wait while too many are arriving, and gives it up in time", () =>
    withStore(
      (store) =>
        Effect.gen(function* () {
          const putHanging = Effect.flatMap(Deferred.make<void>(), (arrived) =>
            Stream.make(randomBytes(20_000)).pipe(
              Stream.tap(() => Deferred.succeed(arrived, undefined)),
              Stream.concat(Stream.never),
              (bytes) => Effect.forkScoped(Effect.exit(store.put(newBlobKey(), bytes))),
              Effect.tap(() => Deferred.await(arrived))
            )
          )
          const first = yield* putHanging
          const second = yield* putHanging
          yield* TestClock.adjust("20 seconds")
          assert.deepEqual(yield* Fiber.join(second), Exit.fail(new BlobUnavailable({ reason: "timeout" })))
          yield* store.put(newBlobKey(), Stream.make(randomBytes(1_000)))
          yield* Fiber.interrupt(first)
          yield* store.put(newBlobKey(), Stream.make(randomBytes(20_000)))
        }),
      { limits: { ...limits, maxOpenWrites: 1 } }
    )
  )

  it.live("writes on where the system took only a part", () => {
    const files: Files = {
      ...nodeFiles,
      write: (fd, bytes, position) => nodeFiles.write(fd, bytes.subarray(0, 7), position)
    }
    return withStore(
      (store) =>
        Effect.gen(function* () {
          const bytes = randomBytes(100)
          const ref = yield* store.putBytes(newBlobKey(), bytes)
          assert.deepEqual(Buffer.from(yield* store.get(ref)), bytes)
        }),
      { files }
    )
  })

  it.live("notices bytes that changed on the disk", () =>
    withStore((store, dataFolder) =>
      Effect.gen(function* () {
        const ref = yield* store.putBytes(newBlobKey(), randomBytes(1_000))
        const path = join(dataFolder, ref.key)
        const changed = readFileSync(path)
        changed[500] = (changed[500] ?? 0) ^ 1
        yield* Effect.promise(() => writeFile(path, changed))
        assert.strictEqual((yield* Effect.flip(store.get(ref)))._tag, "BlobCorrupt")
        assert.strictEqual((yield* Effect.flip(Stream.runDrain(store.stream(ref))))._tag, "BlobCorrupt")
      })
    )
  )

  it.effect("gives up a read that hangs", () => {
    const reached = makeGate()
    const gate = makeGate()
    const files: Files = {
      ...nodeFiles,
      read: (fd, into, position) => {
        reached.open()
        return gate.opened.then(() => nodeFiles.read(fd, into, position))
      }
    }
    return withStore(
      (store) =>
        Effect.gen(function* () {
          const ref = yield* store.putBytes(newBlobKey(), randomBytes(10))
          const failed = yield* Effect.fork(Effect.flip(store.get(ref)))
          yield* Effect.promise(() => reached.opened)
          yield* TestClock.adjust("20 seconds")
          assert.deepEqual(yield* Fiber.join(failed), new BlobUnavailable({ reason: "timeout" }))
          gate.open()
        }),
      { files }
    )
  })

  it.live("goes on after somebody removed a day's folder", () =>
    withStore((store, dataFolder) =>
      Effect.gen(function* () {
        const { key } = yield* store.putBytes(newBlobKey(), randomBytes(10))
        yield* Effect.promise(() => rm(join(dataFolder, "blobs", tenantId), { recursive: true }))
        const ref = yield* store.putBytes(newBlobKey(), randomBytes(10))
        assert.strictEqual(dirname(ref.key), dirname(key))
        assert.strictEqual((yield* store.get(ref)).length, 10)
      })
    )
  )

  it.live("removes at its start the drafts that a crash left, but not those being written", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const dataFolder = yield* temporaryFolder
        const drafts = join(dataFolder, "blobs", ".tmp")
        yield* Effect.promise(async () => {
          await mkdir(drafts, { recursive: true })
          await writeFile(join(drafts, "old"), "x")
          await writeFile(join(drafts, "fresh"), "x")
          await utimes(join(drafts, "old"), 0, 0)
        })
        yield* withStoreIn({ dataFolder }, () => Effect.void)
        assert.deepEqual(yield* Effect.promise(() => readdir(drafts)), ["fresh"])
      })
    )
  )

  it.live("keeps its files from others", () =>
    withStore((store, dataFolder) =>
      Effect.gen(function* () {
        const { key } = yield* store.putBytes(newBlobKey(), randomBytes(10))
        assert.strictEqual(statSync(join(dataFolder, key)).mode & 0o777, 0o600)
        assert.strictEqual(statSync(dirname(join(dataFolder, key))).mode & 0o777, 0o700)
        assert.strictEqual(statSync(join(dataFolder, "blobs", ".tmp")).mode & 0o777, 0o700)
      })
    )
  )

  it.live("keeps no descriptor after its end", () => {
    let open = 0
    const count = <A>(change: number, done: Promise<A>) =>
      done.then((value) => {
        open += change
        return value
      })
    const files: Files = {
      ...nodeFiles,
      create: (path) => count(1, nodeFiles.create(path)),
      open: (path) => count(1, nodeFiles.open(path)),
      close: (fd) => count(-1, nodeFiles.close(fd))
    }
    return Effect.tap(
      withStore(
        (store) =>
          Effect.forEach(
            Array.from({ length: 100 }, (_, day) => newBlobKey(day)),
            (key) => Effect.flatMap(store.put(key, Stream.make(randomBytes(20_000))), store.get),
            { concurrency: 20 }
          ).pipe(Effect.tap(() => assert.isAtMost(open, 8))),
        { files, limits: { ...limits, maxOpenDirectories: 8 } }
      ),
      () => assert.strictEqual(open, 0)
    )
  })
})
