import { Context, Deferred, Effect, Layer, Ref, Stream } from "effect"
import { BlobStore, BlobUnavailable } from "../../src/storage/blobs/BlobStore.ts"

/** What happens to the next operations of the store. */
export type BlobFault =
  | { readonly _tag: "None" }
  /** Fails before the store sees it. */
  | { readonly _tag: "Fail"; readonly reason: "full" | "io" | "timeout" }
  /** Fails after the store has done it: an answer that was lost. */
  | { readonly _tag: "FailAfter"; readonly reason: "full" | "io" | "timeout" }
  /** Waits until another fault is set. */
  | { readonly _tag: "Hold"; readonly released: Deferred.Deferred<void> }

/** Breaks a blob store on command. */
export class BlobFaults extends Context.Tag("postroom/test/BlobFaults")<
  BlobFaults,
  {
    /** Every put from now on fails, before or (`after`) behind the store's own work. */
    readonly fail: (reason: "full" | "io" | "timeout", when?: "before" | "after") => Effect.Effect<void>
    /** Every operation from now on waits until the store is healed. */
    readonly hold: Effect.Effect<void>
    readonly heal: Effect.Effect<void>
  }
>() {}

const decorate = (store: typeof BlobStore.Service, current: Ref.Ref<BlobFault>): typeof BlobStore.Service => {
  const around = <A, E>(operation: Effect.Effect<A, E>): Effect.Effect<A, E | BlobUnavailable> =>
    Effect.flatMap(Ref.get(current), (fault): Effect.Effect<A, E | BlobUnavailable> => {
      switch (fault._tag) {
        case "None":
          return operation
        case "Fail":
          return new BlobUnavailable({ reason: fault.reason })
        case "FailAfter":
          return Effect.zipRight(operation, new BlobUnavailable({ reason: fault.reason }))
        case "Hold":
          return Effect.zipRight(Deferred.await(fault.released), operation)
      }
    })
  return BlobStore.of({
    put: (key, bytes) => around(store.put(key, bytes)),
    putBytes: (key, bytes) => around(store.putBytes(key, bytes)),
    get: (ref) => around(store.get(ref)),
    stream: (ref) => Stream.unwrap(around(Effect.succeed(store.stream(ref)))),
    getRange: (key, range) => around(store.getRange(key, range)),
    sizeBytes: (key) => around(store.sizeBytes(key)),
    list: (prefix, page) => around(store.list(prefix, page)),
    remove: (key) => around(store.remove(key))
  })
}

/** The store of `layer`, which `BlobFaults` can break. */
export const layerBlobFaults = <E, R>(
  layer: Layer.Layer<BlobStore, E, R>
): Layer.Layer<BlobStore | BlobFaults, E, R> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const current = yield* Ref.make<BlobFault>({ _tag: "None" })
      const become = (next: BlobFault) =>
        Effect.flatMap(Ref.getAndSet(current, next), (before) =>
          before._tag === "Hold" ? Effect.asVoid(Deferred.succeed(before.released, undefined)) : Effect.void
        )
      return Context.make(BlobStore, decorate(yield* BlobStore, current)).pipe(
        Context.add(
          BlobFaults,
          BlobFaults.of({
            fail: (reason, when = "before") =>
              become({ _tag: when === "before" ? "Fail" : "FailAfter", reason }),
            hold: Effect.flatMap(Deferred.make<void>(), (released) => become({ _tag: "Hold", released })),
            heal: become({ _tag: "None" })
          })
        )
      )
    })
  ).pipe(Layer.provide(layer))
