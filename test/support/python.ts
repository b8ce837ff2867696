import { execFileSync, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Effect, Schema, Stream } from "effect"

/**
 * The Python of a virtual environment with exactly the packages of a `requirements.txt`, kept between runs; undefined where
 * there is no Python, or its packages cannot be had.
 */
export const pythonWith = (requirements: string): string | undefined => {
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12)
  const folder = join(tmpdir(), `postroom-python-${digest}`)
  const binary = join(folder, "bin", "python")
  try {
    if (!existsSync(join(folder, "complete"))) {
      execFileSync("python3", ["-m", "venv", folder], { stdio: "pipe" })
      execFileSync(binary, ["-m", "pip", "install", "--quiet", "-r", requirements], {
        stdio: "pipe",
        timeout: 180_000
      })
      execFileSync(binary, ["-c", `open(${JSON.stringify(join(folder, "complete"))}, "w").close()`])
    }
    return binary
  } catch {
    return undefined
  }
}

/** What a client prints, a line of JSON for each step; ends with it, and fails where it failed. */
export const stepsOf = <A, I extends string>(
  binary: string,
  given: {
    readonly script: string
    readonly args: ReadonlyArray<string>
    readonly env: Readonly<Record<string, string>>
    readonly step: Schema.Schema<A, I>
  }
) =>
  Stream.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => {
          const { script, args, env } = given
          const child = spawn(binary, [script, ...args], { env, stdio: ["ignore", "pipe", "inherit"] })
          const code = new Promise<number | null>((resolve) => child.once("close", resolve))
          return { child, code }
        }),
        ({ child }) => Effect.sync(() => void child.kill("SIGKILL"))
      ),
      ({ child, code }) =>
        Stream.concat(
          Stream.fromAsyncIterable(createInterface({ input: child.stdout }), String).pipe(
            Stream.mapEffect(Schema.decodeUnknown(given.step))
          ),
          Stream.execute(
            Effect.filterOrFail(
              Effect.promise(() => code),
              (ended) => ended === 0,
              (ended) => `the client ended with ${ended}`
            )
          )
        )
    )
  )
