import { Effect, ManagedRuntime } from "effect"
import { afterAll, describe } from "vitest"
import { findMinio, Minio, type MinioServer } from "./minio.ts"

const binary = await Effect.runPromise(findMinio)

/** Tests that share one MinIO, started by the first that asks for it. */
export const describeOnMinio = (name: string, tests: (minio: Effect.Effect<MinioServer>) => void) =>
  describe.skipIf(binary === null)(
    `${name} (on a real MinIO: POSTROOM_TEST_MINIO, or Go to build it)`,
    () => {
      const runtime = ManagedRuntime.make(Minio.layer(binary ?? ""))
      afterAll(() => runtime.dispose())
      tests(Effect.promise(() => runtime.runPromise(Minio)))
    }
  )
