import { register, type Setting } from "./setting.ts"

// Not ours to read, but whoever sets them for a whole shell must be able to start a server in it.

const ofTheCli: ReadonlyArray<readonly [name: string, type: string, meaning: string]> = [
  ["POSTROOM_SERVER", "text", "Where the server answers gRPC, host:port."],
  ["POSTROOM_SMTP_SERVER", "text", "Where it takes mail over SMTP."],
  ["POSTROOM_LMTP_SERVER", "text", "Where it takes mail over LMTP."],
  ["POSTROOM_TOKEN", "secret", "Signs in with this token."],
  ["POSTROOM_PASSWORD", "secret", "Of the user that `--as` names."],
  ["POSTROOM_NEW_PASSWORD", "secret", "What `user add` and `user password` set."]
]

const ofTests: ReadonlyArray<readonly [name: string, type: string, meaning: string]> = [
  ["POSTROOM_CHAOS_ROUNDS", "integer", "Rounds that the fault tests do beside their usual ones."],
  [
    "POSTROOM_CHAOS_EXTERNAL",
    "boolean",
    "Whether they do so with Postgres, Valkey and MinIO as servers of their own."
  ],
  ["POSTROOM_TEST_MINIO", "text", "The MinIO program that the tests start."],
  ["POSTROOM_TEST_MEILISEARCH_URL", "text", "A Meilisearch that the search tests may use."],
  ["POSTROOM_TEST_MEILISEARCH_KEY", "secret", "Its master key."]
]

const rowOf =
  (usedBy: Setting["usedBy"]) =>
  ([name, type, meaning]: (typeof ofTheCli)[number]): Setting => ({
    name,
    type,
    whenUnset: null,
    meaning,
    isSecret: type === "secret",
    usedBy
  })

for (const row of [...ofTheCli.map(rowOf("cli")), ...ofTests.map(rowOf("tests"))]) register(row)
