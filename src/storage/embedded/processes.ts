import { type ChildProcess, spawn } from "node:child_process"
import { FileSystem } from "@effect/platform"
import { Effect, Option } from "effect"
import { EmbeddedPostgresFailed } from "./EmbeddedPostgresFailed.ts"

/** How a program is started: as whom, and through which other program. */
export interface Launch {
  /** `setpriv …`, or nothing. */
  readonly prefix: ReadonlyArray<string>
  /** Undefined: as we are. */
  readonly uid?: number
  readonly gid?: number
  /** The whole environment of the program; nothing of ours is handed on. */
  readonly env: Readonly<Record<string, string>>
}

interface Start {
  readonly arguments: ReadonlyArray<string>
  readonly stdio: Array<"ignore" | "pipe" | number>
}

const startProgram = (launch: Launch, program: string, start: Start): ChildProcess => {
  const [command = program, ...others] = [...launch.prefix, program, ...start.arguments]
  return spawn(command, others, {
    // Our own folder may be closed to the other user.
    cwd: "/",
    env: launch.env,
    stdio: start.stdio,
    // Its own session: Ctrl-C in our terminal is for us, and we stop it when we are done with it.
    detached: true,
    ...(launch.uid === undefined ? {} : { uid: launch.uid }),
    ...(launch.gid === undefined ? {} : { gid: launch.gid })
  })
}

/** Starts a program that is not waited for; Node may end before it does. */
export const startDetached = (
  launch: Launch,
  program: string,
  start: Start
): Effect.Effect<ChildProcess & { readonly pid: number }, EmbeddedPostgresFailed> =>
  Effect.async((resume) => {
    const child = startProgram(launch, program, start)
    child.once("error", (error) =>
      resume(new EmbeddedPostgresFailed({ problem: `${program} cannot be started: ${error.message}` }))
    )
    const { pid } = child
    if (pid === undefined) return
    child.unref()
    resume(Effect.succeed(Object.assign(child, { pid })))
  })

/** Runs a program to its end and returns its exit code and the last 4,000 characters that it printed. */
export const run = (
  launch: Launch,
  program: string,
  args: ReadonlyArray<string>
): Effect.Effect<{ readonly code: number; readonly output: string }> =>
  Effect.async((resume) => {
    const child = startProgram(launch, program, { arguments: args, stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000)
    }
    child.stdout?.on("data", collect)
    child.stderr?.on("data", collect)
    child.once("error", (error) => resume(Effect.succeed({ code: 127, output: error.message })))
    child.once("close", (code) => resume(Effect.succeed({ code: code ?? 1, output })))
    return Effect.sync(() => child.kill())
  })

/** True also for a process of another user. */
const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/**
 * What tells a process from a later one with the same number: boot and start time (Linux), else nothing but
 * the number. None when it does not run; a zombie has ended.
 */
export const processIdentity = (
  pid: number
): Effect.Effect<Option.Option<string>, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    if (!exists(pid)) return Option.none()
    const fs = yield* FileSystem.FileSystem
    const [boot, stat] = yield* Effect.all([
      fs.readFileString("/proc/sys/kernel/random/boot_id"),
      fs.readFileString(`/proc/${pid}/stat`)
    ])
    // proc(5): `pid (comm) state …`, start time is field 22; comm may hold anything, parentheses too.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" || fields[0] === "X"
      ? Option.none()
      : Option.some(`${boot.trim()} ${fields[19]}`)
  }).pipe(Effect.orElseSucceed(() => (exists(pid) ? Option.some("") : Option.none())))

/** Sends a signal; a process that is gone already needs none. */
export const signal = (pid: number, name: NodeJS.Signals): Effect.Effect<void> =>
  Effect.ignore(Effect.try(() => process.kill(pid, name)))
