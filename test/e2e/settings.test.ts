import { spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { platformProcess } from "../support/platformProcess.ts"
import { vaultTwin } from "../support/vault.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Starts the program, as built, and waits for its end. */
const run = (settings: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Effect.promise(async (signal) => {
    const child = spawn(process.execPath, [join("dist", "main.js"), ...args], {
      cwd: root,
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...settings },
      stdio: ["ignore", "pipe", "pipe"],
      signal
    })
    const [out, err, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once("exit", resolve))
    ])
    return { out, err, code }
  })

describe("the start", () => {
  it.effect("stops at an unknown setting, and asks for the one that was meant", () =>
    Effect.map(run({ POSTROOM_SMPT_PORT: "25" }), ({ code, out, err }) => {
      assert.strictEqual(code, 2)
      assert.strictEqual(out, "")
      assert.strictEqual(
        err,
        "Postroom did not start: there is no setting POSTROOM_SMPT_PORT. Did you mean POSTROOM_SMTP_PORT?\n"
      )
    })
  )

  it.effect("tells everything that is wrong at once, and no secret", () =>
    Effect.map(
      run(
        {
          POSTROOM_DATABASE_URL: "mysql://me:hunter2@db.test/mail",
          POSTROOM_OPERATOR_TOKEN: "hunter2",
          POSTROOM_DEMO_PASSWORD_FILE: "/nowhere/hunter",
          POSTROOM_LOG_LEVL: "Info"
        },
        "--smtp-port",
        "smtp"
      ),
      ({ code, err }) => {
        assert.strictEqual(code, 2)
        assert.notInclude(err, "hunter2")
        const [first, ...more] = err.trimEnd().split("\n")
        assert.strictEqual(first, "Postroom did not start: 5 settings are wrong.")
        assert.sameMembers(more, [
          "  there is no setting POSTROOM_LOG_LEVL. Did you mean POSTROOM_LOG_LEVEL?",
          "  POSTROOM_DEMO_PASSWORD_FILE names /nowhere/hunter, which cannot be read (NotFound).",
          "  POSTROOM_DATABASE_URL must be of the form postgres://user:password@host:port/database, followed by nothing but ?sslmode= (disable, require, verify-full, or verify-ca with a file) and &sslrootcert=.",
          "  POSTROOM_OPERATOR_TOKEN must be a text of at least 32 characters.",
          '  POSTROOM_SMTP_PORT must be an integer, 0 to 65535, not "smtp".'
        ])
      }
    )
  )

  it.scopedLive("goes on with what is of other programs, and with secrets of a file and of Vault", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const vault = yield* vaultTwin
      vault.put("secret/data/postroom", { POSTROOM_OPERATOR_TOKEN: "t".repeat(32) })
      const token = yield* fs.makeTempFileScoped()
      yield* fs.writeFileString(token, `${vault.token}\n`)
      const platform = yield* platformProcess({
        from: "dist",
        settings: {
          POSTROOM_TOKEN: "of the command line",
          POSTROOM_VAULT_ADDR: vault.address,
          POSTROOM_VAULT_TOKEN_FILE: token
        }
      })
      // Made where none is given, and this one was.
      assert.isFalse(yield* fs.exists(join(platform.dataFolder, "secrets", "operator-token")))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("prints every setting where it is asked to", () =>
    Effect.map(run({}, "--settings"), ({ code, out }) => {
      assert.strictEqual(code, 0)
      assert.include(out, "| `POSTROOM_DATA` | text | ./data | Where everything is kept. |")
    })
  )
})
