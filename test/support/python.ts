import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

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
