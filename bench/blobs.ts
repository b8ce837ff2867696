// Puts per second of the file system driver beside the raw calls it stands on, and what hashing does to the event loop.
//   UV_THREADPOOL_SIZE=16 npx tsx bench/blobs.ts [--dir FOLDER] [--rounds N]
// Each round runs every variant in turn, so that noise of the machine meets all of them; medians are printed.
import { randomBytes, randomUUID } from "node:crypto"
import fs from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { monitorEventLoopDelay, performance } from "node:perf_hooks"
import { parseArgs, promisify } from "node:util"
import { Duration, Effect, ManagedRuntime, Stream } from "effect"
import { ContentId, TenantId } from "../src/domain/ids.ts"
import { BlobStore } from "../src/storage/blobs/BlobStore.ts"
import { layerBlobStoreFs } from "../src/storage/blobs/BlobStoreFs.ts"
import { blobKey } from "../src/storage/blobs/blobKey.ts"
import { checksumOf } from "../src/storage/blobs/checksum.ts"

const { values } = parseArgs({
  options: {
    dir: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" }
  }
})
const rounds = Number(values.rounds)
const millis = Number(values.seconds) * 1000
const folder = fs.mkdtempSync(join(resolve(values.dir), "postroom-bench-"))

const open = promisify(fs.open)
const write = promisify(fs.write)
const rawFolder = join(folder, "raw")
fs.mkdirSync(join(rawFolder, "drafts"), { recursive: true })
fs.mkdirSync(join(rawFolder, "final"))

/** What a put cannot do without: the limit of DESIGN 10, without a sync of the directory. */
const raw = async (bytes: Uint8Array): Promise<void> => {
  const name = randomUUID()
  const draft = join(rawFolder, "drafts", name)
  const fd = await open(draft, "wx", 0o600)
  await write(fd, bytes)
  await promisify(fs.fdatasync)(fd)
  await promisify(fs.close)(fd)
  await promisify(fs.rename)(draft, join(rawFolder, "final", name))
}

/** The same, durable also in its name, with nothing shared between puts. */
const rawDurable = async (bytes: Uint8Array): Promise<void> => {
  await raw(bytes)
  const fd = await open(join(rawFolder, "final"), "r")
  await promisify(fs.fsync)(fd)
  await promisify(fs.close)(fd)
}

const runtime = ManagedRuntime.make(layerBlobStoreFs({ dataFolder: join(folder, "data") }))
const store = await runtime.runPromise(BlobStore)
const tenantId = TenantId(randomUUID())
const newKey = () => blobKey({ tenantId, contentId: ContentId(randomUUID()), acceptedAt: 0 })

const variants = {
  raw: (bytes: Uint8Array) => Effect.promise(() => raw(bytes)),
  "raw+dir": (bytes: Uint8Array) => Effect.promise(() => rawDurable(bytes)),
  putBytes: (bytes: Uint8Array) => store.putBytes(newKey(), bytes),
  put: (bytes: Uint8Array) => store.put(newKey(), Stream.make(bytes))
}
type Variant = keyof typeof variants
const names: ReadonlyArray<Variant> = ["raw", "raw+dir", "putBytes", "put"]

const perSecond = async (
  variant: Variant,
  { sizeBytes, concurrency }: { readonly sizeBytes: number; readonly concurrency: number }
): Promise<number> => {
  const bytes = randomBytes(sizeBytes)
  const start = performance.now()
  let done = 0
  const one = Effect.tap(variants[variant](bytes), () => {
    done += 1
  })
  const client = Effect.repeat(one, { while: () => performance.now() - start < millis })
  await runtime.runPromise(
    Effect.all(
      Array.from({ length: concurrency }, () => client),
      { concurrency, discard: true }
    )
  )
  return done / ((performance.now() - start) / 1000)
}

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

console.log(`${rounds} rounds of ${millis} ms each`)
console.log("puts/s (median), and as a part of raw:")
for (const sizeBytes of [10 * 1024, 45 * 1024]) {
  for (const concurrency of [1, 8, 32]) {
    const seen = new Map(names.map((name) => [name, Array.of<number>()]))
    for (let round = 0; round < rounds; round++) {
      for (const name of names) seen.get(name)?.push(await perSecond(name, { sizeBytes, concurrency }))
    }
    const rates = names.map((name) => ({ name, rate: median(seen.get(name) ?? []) }))
    const rawRate = rates[0]?.rate ?? 1
    const cells = rates.map(
      ({ name, rate }) => `${name} ${Math.round(rate)} (${Math.round((100 * rate) / rawRate)} %)`
    )
    console.log(`${sizeBytes / 1024} KB, C=${concurrency}: ${cells.join(" · ")}`)
  }
}

console.log("event loop while hashing (longest turn):")
for (const megabytes of [1, 25, 150]) {
  const bytes = randomBytes(megabytes * 1024 * 1024)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await runtime.runPromise(Effect.sleep(Duration.millis(50)))
  delay.reset()
  const start = performance.now()
  await checksumOf(bytes)
  const took = performance.now() - start
  delay.disable()
  console.log(`${megabytes} MB: ${took.toFixed(1)} ms, longest delay ${(delay.max / 1e6).toFixed(1)} ms`)
}

await runtime.dispose()
fs.rmSync(folder, { recursive: true, force: true })
