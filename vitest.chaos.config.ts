import { defineConfig } from "vitest/config"

/** `npm run chaos`: the fault tests, also those in `heavy`, which take too long for `npm test`. */
export default defineConfig({
  test: {
    globalSetup: ["test/support/postgresSetup.ts"],
    include: ["test/chaos/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false
  }
})
