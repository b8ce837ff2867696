import { Effect, Layer } from "effect"
import { inTrace, spanned } from "../../observability/spans.ts"
import { BlobStore } from "./BlobStore.ts"

/** A store of which every access is a span of the trace that it happens in. */
export const layerTracedBlobs: Layer.Layer<BlobStore, never, BlobStore> = Layer.effect(
  BlobStore,
  Effect.map(BlobStore, (store) =>
    BlobStore.of({
      ...store,
      put: (key, bytes) => {
        const put = store.put(key, bytes)
        const sized = Effect.tap(put, ({ sizeBytes }) => Effect.annotateCurrentSpan("size_bytes", sizeBytes))
        return spanned(
          inTrace((span) => (span === undefined ? put : sized)),
          () => ({ name: "blob put", kind: "client" })
        )
      },
      putBytes: (key, bytes) =>
        spanned(store.putBytes(key, bytes), () => ({
          name: "blob put",
          kind: "client",
          attributes: { size_bytes: bytes.length }
        })),
      get: (ref) => spanned(store.get(ref), () => ({ name: "blob get", kind: "client" })),
      getRange: (key, range) =>
        spanned(store.getRange(key, range), () => ({
          name: "blob get",
          kind: "client",
          attributes: { size_bytes: range.end - range.start }
        }))
    })
  )
)
