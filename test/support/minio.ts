import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { accessSync, constants } from "node:fs"
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises"
import { homedir, tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { Config, Context, Effect, Layer, Ref, Schedule, type Scope } from "effect"
import { choosePort } from "../../src/storage/embedded/postmaster.ts"

/** Built from source when there is none: the project publishes no binaries any more. */
const source = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
const cache = join(homedir(), ".cache", "postroom", "minio")
const cached = join(cache, "minio")

/** A real MinIO that tests have for themselves and may harm. */
export interface MinioServer {
  readonly port: number
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
  /** kill -9, the effect, and up again with what it had. */
  readonly whileKilled: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export class Minio extends Context.Tag("postroom/test/Minio")<Minio, MinioServer>() {
  /** Keeps its data in a temporary folder; both go with the layer. It can encrypt (SSE-S3). */
  static readonly layer = (binary: string): Layer.Layer<Minio> => Layer.scoped(Minio, start(binary))
}

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const inPath = (name: string) =>
  Effect.map(
    Effect.orDie(Config.string("PATH").pipe(Config.withDefault(""))),
    (path) =>
      path
        .split(delimiter)
        .map((folder) => join(folder, name))
        .find(isProgram) ?? null
  )

const run = (command: string, args: ReadonlyArray<string>): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] })
    child.on("error", () => resolve(-1))
    child.on("exit", (code) => resolve(code ?? -1))
  })

const build = async (): Promise<void> => {
  process.stderr.write(`Building MinIO for the tests, once and for some minutes: ${source} ...\n`)
  const folder = await mkdtemp(join(cache, "build-"))
  try {
    if ((await run("env", [`GOBIN=${folder}`, "go", "install", source])) === 0) {
      await rename(join(folder, "minio"), cached)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** True = the lock is ours. Who died with it loses it. */
const takeLock = async (path: string): Promise<boolean> => {
  try {
    await writeFile(path, `${process.pid}`, { flag: "wx" })
    return true
  } catch {
    const holder = Number(await readFile(path, "utf8").catch(() => "0"))
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true })
    return false
  }
}

/** By the test process that comes first; the others wait for it. */
const buildOnce = async (): Promise<void> => {
  const lock = join(cache, "building")
  await mkdir(cache, { recursive: true })
  while (!isProgram(cached)) {
    if (await takeLock(lock)) return build().finally(() => rm(lock, { force: true }))
    await setTimeout(500)
  }
}

/** The program, or null where there is none to be had; then CI fails, and elsewhere its tests are skipped. */
export const findMinio: Effect.Effect<string | null> = Effect.gen(function* () {
  const given = yield* Config.string("POSTROOM_TEST_MINIO").pipe(Config.withDefault(""))
  if (given !== "") return given
  const installed = yield* inPath("minio")
  if (installed !== null) return installed
  if (isProgram(cached)) return cached
  if ((yield* inPath("go")) !== null) yield* Effect.promise(buildOnce)
  if (isProgram(cached)) return cached
  const isCi = yield* Config.string("CI").pipe(Config.withDefault(""))
  return isCi === "" ? null : yield* Effect.die("CI needs MinIO: POSTROOM_TEST_MINIO, or Go to build it")
}).pipe(Effect.orDie)

/** Ends the server with whoever started it, however that ends. */
const guarded = `"$@" & read -r _; kill -9 $!; wait`

interface Place {
  readonly binary: string
  readonly folder: string
  readonly port: number
  readonly accessKey: string
  readonly secretKey: string
}

const isReady = (port: number) =>
  Effect.tryPromise(() => fetch(`http://127.0.0.1:${port}/minio/health/ready`)).pipe(
    Effect.filterOrFail(({ ok }) => ok),
    Effect.retry({ schedule: Schedule.spaced("25 millis") }),
    Effect.timeout("20 seconds"),
    Effect.orDie
  )

const up = (place: Place): Effect.Effect<ChildProcess> =>
  Effect.gen(function* () {
    const settings = {
      MINIO_ROOT_USER: place.accessKey,
      MINIO_ROOT_PASSWORD: place.secretKey,
      MINIO_KMS_SECRET_KEY: `postroom-test:${Buffer.alloc(32, "k").toString("base64")}`,
      MINIO_BROWSER: "off"
    }
    const command = [place.binary, "server", place.folder, "--address", `127.0.0.1:${place.port}`]
    const child = spawn("/bin/sh", ["-c", guarded, "minio", ...command], {
      env: { ...settings, HOME: place.folder },
      stdio: ["pipe", "ignore", "ignore"]
    })
    yield* isReady(place.port)
    return child
  })

const down = (child: ChildProcess): Effect.Effect<void> =>
  Effect.async((resume) => {
    child.once("exit", () => resume(Effect.void))
    child.stdin?.end()
  })

const start = (binary: string): Effect.Effect<MinioServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "postroom-minio-"))),
      (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
    )
    const port = yield* Effect.orDie(choosePort(0))
    const accessKey = "postroom"
    const secretKey = randomBytes(12).toString("hex")
    const place = { binary, folder, port, accessKey, secretKey }
    const running = yield* Effect.acquireRelease(Effect.flatMap(up(place), Ref.make), (current) =>
      Effect.flatMap(Ref.get(current), down)
    )
    return {
      port,
      endpoint: `http://127.0.0.1:${port}`,
      accessKey,
      secretKey,
      whileKilled: (effect) =>
        Effect.acquireUseRelease(
          Effect.flatMap(Ref.get(running), down),
          () => effect,
          () => Effect.flatMap(up(place), (child) => Ref.set(running, child))
        )
    }
  })
