import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // One Postgres for the whole run; not started when only the unit project is asked for.
    globalSetup: ["test/support/postgresSetup.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          sequence: { concurrent: true },
          // The default leaves one core out, which is half of a machine with two.
          maxWorkers: "100%"
        }
      },
      {
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          fileParallelism: false
        }
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/chaos/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false
        }
      }
    ]
  }
})
