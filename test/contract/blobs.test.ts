import { Effect, Layer } from "effect"
import { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { layerBlobStoreFs } from "../../src/storage/blobs/BlobStoreFs.ts"
import { layerRecentBlobs } from "../../src/storage/blobs/recentBlobs.ts"
import { temporaryFolder } from "../support/blobs.ts"
import { blobsContract } from "./blobs.ts"

const layerFs = Layer.unwrapScoped(
  Effect.map(temporaryFolder, (dataFolder) =>
    layerBlobStoreFs({ dataFolder, limits: { bufferBytes: 65_536 } })
  )
)

blobsContract("Memory", BlobStore.layerMemory)
blobsContract("The file system", layerFs)
blobsContract(
  "The file system behind recent blobs",
  layerRecentBlobs({ totalBytes: 1_000_000, blobBytes: 100_000 }).pipe(Layer.provide(layerFs))
)
