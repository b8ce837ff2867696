// Puts of small blobs to a real MinIO: by a signed HTTP request and nothing else, by the driver with the SDK on the
// event loop, and by the driver as it is, with the SDK in a thread. CPU is of the thread that accepts mail, and of the
// whole process; MinIO's own is not counted, but shares the machine. Linux only.
//   npx tsx bench/blobsS3.ts [--rounds N] [--seconds N] [--bytes N]
// Each round runs every variant in turn, so that noise of the machine meets all of them; medians are printed.
import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { Agent, request } from "node:http"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { Console, Context, Duration, Effect, Layer } from "effect"
import { ContentId, TenantId } from "../src/domain/ids.ts"
import { BlobStore, type BlobUnavailable } from "../src/storage/blobs/BlobStore.ts"
import { blobKey } from "../src/storage/blobs/blobKey.ts"
import { layerBlobStoreS3 } from "../src/storage/blobs/s3/BlobStoreS3.ts"
import { accountOf, type S3Settings } from "../src/storage/blobs/s3/S3Config.ts"
import { s3Place } from "../src/storage/blobs/s3/s3Place.ts"
import { sdkCalls } from "../src/storage/blobs/s3/sdkCalls.ts"
import { findMinio, Minio, type MinioServer } from "../test/support/minio.ts"
import { s3SettingsOf } from "../test/support/s3Settings.ts"
import { spread } from "./measure/statistics.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    bytes: { type: "string", default: "10240" }
  }
})
const rounds = Number(values.rounds)
const millis = Number(values.seconds) * 1000
const bytes = randomBytes(Number(values.bytes))
const tenantId = TenantId(randomUUID())
const newKey = () => blobKey({ tenantId, contentId: ContentId(randomUUID()), acceptedAt: 0 })

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest()
const sha256 = (text: string | Uint8Array) => createHash("sha256").update(text).digest()
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** What a put cannot do without: one request, signed and with a checksum (Signature Version 4). */
const rawPut = ({ port, accessKey, secretKey }: MinioServer, settings: S3Settings): Promise<void> => {
  const { bucket, key } = s3Place(settings.bucketPrefix, newKey())
  const digest = sha256(bytes)
  const time = new Date().toISOString().replace(/[:-]|\.\d{3}/g, "")
  const day = time.slice(0, 8)
  const signed = {
    host: `127.0.0.1:${port}`,
    "if-none-match": "*",
    "x-amz-checksum-sha256": digest.toString("base64"),
    "x-amz-content-sha256": digest.toString("hex"),
    "x-amz-date": time,
    "x-amz-meta-sha256": digest.toString("hex")
  }
  const names = Object.keys(signed).join(";")
  const heads = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`)
  const path = `/${bucket}/${key}`
  const canonical = ["PUT", path, "", heads.join(""), names, digest.toString("hex")].join("\n")
  const scope = `${day}/${settings.region}/s3/aws4_request`
  const signingKey = scope.split("/").slice(0, 4).reduce<string | Buffer>(hmac, `AWS4${secretKey}`)
  const signature = hmac(
    signingKey,
    `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical).toString("hex")}`
  )
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature.toString("hex")}`
  return new Promise((resolve, reject) => {
    const headers = { ...signed, authorization, "content-length": bytes.length }
    const sent = request({ host: "127.0.0.1", port, method: "PUT", path, headers, agent }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`HTTP ${response.statusCode}`))
      })
    })
    sent.on("error", reject).end(bytes)
  })
}

/** Milliseconds that this thread, and all threads, have been on a CPU. */
const cpu = () => {
  const [nanos = "0"] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "latin1").split(" ")
  const { user, system } = process.cpuUsage()
  return { main: Number(nanos) / 1e6, all: (user + system) / 1000 }
}

interface Seen {
  readonly perSecond: Array<number>
  readonly main: Array<number>
  readonly all: Array<number>
}

const measure = (put: Effect.Effect<unknown, BlobUnavailable>, concurrency: number, seen: Seen) =>
  Effect.gen(function* () {
    const before = cpu()
    const start = performance.now()
    let done = 0
    const one = Effect.tap(put, () => {
      done += 1
    })
    const client = Effect.repeat(one, { while: () => performance.now() - start < millis })
    yield* Effect.all(
      Array.from({ length: concurrency }, () => client),
      { concurrency, discard: true }
    )
    const after = cpu()
    seen.perSecond.push((done * 1000) / (performance.now() - start))
    seen.main.push((after.main - before.main) / done)
    seen.all.push((after.all - before.all) / done)
  })

const store = (layer: ReturnType<typeof layerBlobStoreS3>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, BlobStore))

const program = Effect.gen(function* () {
  const binary = yield* findMinio
  if (binary === null) return yield* Effect.die("no MinIO")
  const minio = Context.get(yield* Layer.build(Minio.layer(binary)), Minio)
  const settings = s3SettingsOf(minio, { deadline: Duration.seconds(30) })
  const onLoop = yield* store(layerBlobStoreS3({ settings, calls: sdkCalls(accountOf(settings)) }))
  const inThread = yield* store(layerBlobStoreS3({ settings }))
  const variants = {
    "signed request": Effect.promise(() => rawPut(minio, settings)),
    "SDK on the loop": Effect.suspend(() => onLoop.putBytes(newKey(), bytes)),
    "SDK in a thread": Effect.suspend(() => inThread.putBytes(newKey(), bytes))
  }
  for (const put of Object.values(variants).reverse()) yield* Effect.repeatN(put, 300)

  yield* Console.log(`${bytes.length} bytes, ${rounds} rounds of ${millis} ms; median (least–most)`)
  for (const concurrency of [1, 8, 32]) {
    const results = Object.entries(variants).map(([name, put]) => ({
      name,
      put,
      seen: { perSecond: [], main: [], all: [] } satisfies Seen
    }))
    for (let round = 0; round < rounds; round++) {
      for (const { put, seen } of results) yield* measure(put, concurrency, seen)
    }
    for (const { name, seen } of results) {
      yield* Console.log(
        `C=${concurrency} ${name.padEnd(16)} ${spread(seen.perSecond)} puts/s · CPU ms a put: main ${spread(seen.main, 3)} · all ${spread(seen.all, 3)}`
      )
    }
  }
}).pipe(Effect.scoped)

await Effect.runPromise(program)
agent.destroy()
