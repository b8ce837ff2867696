import { spawn } from "node:child_process"
import { Effect } from "effect"

/** What a program wrote and how it ended; a defect where it cannot be started. */
export interface Ran {
  readonly code: number | null
  readonly out: Buffer
  readonly err: string
}

export const ran = (
  command: string,
  args: ReadonlyArray<string>,
  input: string | Uint8Array = ""
): Effect.Effect<Ran> =>
  Effect.async<Ran>((resume) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] })
    const out: Array<Buffer> = []
    const err: Array<Buffer> = []
    child.stdout.on("data", (data: Buffer) => out.push(data))
    child.stderr.on("data", (data: Buffer) => err.push(data))
    child.on("error", (error) => resume(Effect.die(error)))
    child.on("close", (code) =>
      resume(Effect.succeed({ code, out: Buffer.concat(out), err: Buffer.concat(err).toString() }))
    )
    // It may end without having read all.
    child.stdin.on("error", () => undefined)
    child.stdin.end(input)
  })
