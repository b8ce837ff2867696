import { type ChildProcess, spawn } from "node:child_process"
import { openSync } from "node:fs"
import { get } from "node:http"
import { join } from "node:path"
import { Duration, Effect, Schedule, type Scope } from "effect"

/** A program of the fleet: what it says goes to `NAME.log` in `folder`. */
export interface Program {
  readonly name: string
  readonly folder: string
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string | undefined>>
}

const launch = ({ name, folder, command, args, environment }: Program): ChildProcess => {
  const log = openSync(join(folder, `${name}.log`), "a")
  return spawn(command, args, { env: environment, stdio: ["ignore", log, log] })
}

const ended = (child: ChildProcess) =>
  Effect.async<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
  })

/** What a program has to end in good order, before it is killed. */
const grace = Duration.seconds(40)

const end = (child: ChildProcess) =>
  Effect.suspend(() => {
    child.kill("SIGTERM")
    return Effect.timeoutOption(ended(child), grace)
  }).pipe(Effect.zipRight(Effect.sync(() => child.kill("SIGKILL"))), Effect.asVoid)

const again = Duration.seconds(1)

/** Keeps it running until the scope closes: one that ends is started again. `started` is told of each life. */
export const keepRunning = (
  program: Program,
  started: (pid: number) => void
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.forkScoped(
    Effect.forever(
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const child = launch(program)
          started(child.pid ?? 0)
          return child
        }),
        (child) =>
          Effect.zipRight(ended(child), Effect.logWarning(`${program.name} ended; it is started again`)),
        end
      ).pipe(Effect.zipRight(Effect.sleep(again)))
    )
  ).pipe(Effect.asVoid)

const isReady = (port: number) =>
  Effect.async<boolean>((resume) => {
    const request = get({ host: "127.0.0.1", port, path: "/readyz", timeout: 2000 }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode === 200))
    })
    request.on("error", () => resume(Effect.succeed(false)))
    request.on("timeout", () => request.destroy())
  })

/** Waits until `/readyz` says so; false after a minute and a half. */
export const untilReady = (port: number): Effect.Effect<boolean> =>
  Effect.repeat(isReady(port), {
    until: (ready) => ready,
    schedule: Schedule.spaced("250 millis")
  }).pipe(Effect.timeoutTo({ duration: "90 seconds", onSuccess: () => true, onTimeout: () => false }))
