import { randomUUID } from "node:crypto"
import { readdirSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer, type Scope } from "effect"
import { ContentId, TenantId } from "../../src/domain/ids.ts"
import { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { type BlobStoreFsOptions, layerBlobStoreFs } from "../../src/storage/blobs/BlobStoreFs.ts"
import { blobKey } from "../../src/storage/blobs/blobKey.ts"

export const tenantId = TenantId(randomUUID())

/** A key of the day `day` since 1970. */
export const newBlobKey = (day = 0) =>
  blobKey({ tenantId, contentId: ContentId(randomUUID()), acceptedAt: day * 86_400_000 })

export const temporaryFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "postroom-blobs-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

/** A store in a folder, until `use` is done; its end waits for what is still at the disk. */
export const withStoreIn = <A, E>(
  options: BlobStoreFsOptions,
  use: (store: typeof BlobStore.Service) => Effect.Effect<A, E, Scope.Scope>
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const context = yield* Layer.build(layerBlobStoreFs(options))
      return yield* Effect.provide(Effect.flatMap(BlobStore, use), context)
    })
  )

export const withStore = <A, E>(
  use: (store: typeof BlobStore.Service, dataFolder: string) => Effect.Effect<A, E, Scope.Scope>,
  options: Omit<BlobStoreFsOptions, "dataFolder"> = {}
) =>
  Effect.scoped(
    Effect.flatMap(temporaryFolder, (dataFolder) =>
      withStoreIn({ dataFolder, ...options }, (store) => use(store, dataFolder))
    )
  )

export const draftsIn = (dataFolder: string) => readdirSync(join(dataFolder, "blobs", ".tmp"))

/** A promise that is kept when told. */
export const makeGate = () => {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
