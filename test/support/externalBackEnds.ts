import { mkdir, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Context, Effect, Layer, type Scope } from "effect"
import type { PostgresAddress } from "../../src/storage/postgres.ts"
import { findMinio, Minio, type MinioServer } from "./minio.ts"
import { databaseSetting, type Settings, temporaryFolder } from "./platform.ts"
import { ownPostgresServer } from "./postgresServer.ts"
import { type BucketBlob, bucketBlobs } from "./s3Blobs.ts"
import { hasValkey, type OwnValkeyServer, ownValkeyServer } from "./valkey.ts"

/** Servers that one test has for itself and may harm, and that a platform keeps everything in. */
export interface ExternalBackEnds {
  readonly database: PostgresAddress
  readonly valkey: OwnValkeyServer
  readonly minio: MinioServer
  /** What a platform has to be told of them. */
  readonly settings: Settings
  /** Everything that is in MinIO now, in any bucket, as a client sees it that knows nothing of us. */
  readonly blobs: Effect.Effect<ReadonlyArray<BucketBlob>>
  /** A folder that holds what `blobs` are, each as the file that it is where blobs are files. */
  readonly blobFolder: Effect.Effect<string>
}

const binary = await Effect.runPromise(findMinio)

/** Whether this machine has, or can get, all the programs. */
export const hasExternalBackEnds: boolean = binary !== null && hasValkey

/** They end with the scope. `database`: instead of a Postgres of their own. */
export const externalBackEnds = (
  options: { readonly database?: PostgresAddress | undefined } = {}
): Effect.Effect<ExternalBackEnds, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { database = (yield* ownPostgresServer).address } = options
    const valkey = yield* ownValkeyServer()
    const minio = Context.get(yield* Layer.build(Minio.layer(binary ?? "")), Minio)
    const blobs = yield* bucketBlobs(minio)
    return {
      database,
      valkey,
      minio,
      settings: {
        ...databaseSetting(database),
        POSTROOM_VALKEY_URLS: `valkey://127.0.0.1:${valkey.port}`,
        POSTROOM_S3_ENDPOINTS: minio.endpoint,
        POSTROOM_S3_ACCESS_KEY: minio.accessKey,
        POSTROOM_S3_SECRET_KEY: minio.secretKey
      },
      blobs,
      blobFolder: mirrored(blobs, yield* temporaryFolder)
    }
  })

/** Brings what is new and takes away what has gone, so that a story of many faults does not read all of it each time. */
const mirrored = (blobs: ExternalBackEnds["blobs"], folder: string): Effect.Effect<string> => {
  const here = new Map<string, string>()
  const bring = ({ key, version, bytes }: BucketBlob) =>
    Effect.flatMap(bytes, (content) =>
      Effect.promise(async () => {
        if (content === null) return
        await mkdir(join(folder, dirname(key)), { recursive: true })
        await writeFile(join(folder, key), content)
        here.set(key, version)
      })
    )
  const takeAway = (key: string) =>
    Effect.promise(async () => {
      await rm(join(folder, key))
      here.delete(key)
    })
  return Effect.gen(function* () {
    const all = yield* blobs
    const now = new Map(all.map(({ key, version }) => [key, version]))
    yield* Effect.forEach(
      [...here.keys()].filter((key) => !now.has(key)),
      takeAway,
      { discard: true }
    )
    yield* Effect.forEach(
      all.filter(({ key, version }) => here.get(key) !== version),
      bring,
      { concurrency: 16, discard: true }
    )
    return folder
  })
}
