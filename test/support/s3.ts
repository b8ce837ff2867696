import { S3Client } from "@aws-sdk/client-s3"
import { Context, Effect, Layer, type Scope } from "effect"
import { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { type BlobStoreS3Options, layerBlobStoreS3 } from "../../src/storage/blobs/s3/BlobStoreS3.ts"
import { accountOf, type S3Settings } from "../../src/storage/blobs/s3/S3Config.ts"
import { sdkCalls } from "../../src/storage/blobs/s3/sdkCalls.ts"
import type { S3Keys } from "./s3Settings.ts"

/** A store of its own until `use` is done; its end waits for what is in doubt. It makes its calls in this thread. */
export const withS3 = <A, E>(
  settings: S3Settings,
  use: (store: typeof BlobStore.Service) => Effect.Effect<A, E, Scope.Scope>,
  calls: BlobStoreS3Options["calls"] = sdkCalls(accountOf(settings))
) =>
  Effect.scoped(
    Effect.flatMap(Layer.build(layerBlobStoreS3({ settings, calls })), (context) =>
      use(Context.get(context, BlobStore))
    )
  )

/** A client beside the driver, to see and to set up what it meets. */
export const s3ClientOf = ({ endpoint, accessKey, secretKey }: S3Keys): S3Client =>
  new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey }
  })
