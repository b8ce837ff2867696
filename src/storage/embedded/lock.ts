import { FileSystem } from "@effect/platform"
import { Effect, Option, type Scope } from "effect"
import { EmbeddedPostgresFailed } from "./EmbeddedPostgresFailed.ts"
import { processIdentity } from "./processes.ts"

const attempts = 5

/**
 * Holds `file` until the scope closes: it names the one process that may use the data folder. A process that
 * died leaves the file behind; it counts only while a process with that number, boot and start time runs.
 */
export const lock = (
  file: string
): Effect.Effect<void, EmbeddedPostgresFailed, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const mine = `${process.pid} ${Option.getOrElse(yield* processIdentity(process.pid), () => "")}\n`
    const draft = `${file}.${process.pid}`

    // link(2) creates the file whole or not at all, and for one process only.
    const take = fs.writeFileString(draft, mine).pipe(
      Effect.zipRight(fs.link(draft, file)),
      Effect.as(true),
      Effect.catchTag("SystemError", (error) =>
        error.reason === "AlreadyExists" ? Effect.succeed(false) : Effect.fail(error)
      ),
      Effect.ensuring(Effect.ignore(fs.remove(draft)))
    )

    const refuseIfHeld = (holder: string) =>
      Effect.gen(function* () {
        const pid = Number.parseInt(holder, 10)
        const identity = yield* processIdentity(pid)
        if (Option.isSome(identity) && `${pid} ${identity.value}` === holder.trim()) {
          return yield* new EmbeddedPostgresFailed({
            problem: `another Postroom, process ${pid}, uses this data folder (${file}); stop it or choose another folder`
          })
        }
      })

    // Moved aside rather than removed: of two that find it stale, the slower must not remove the quicker's lock.
    const clear = (holder: string) =>
      Effect.gen(function* () {
        const aside = `${file}.stale.${process.pid}`
        yield* fs.rename(file, aside)
        if ((yield* fs.readFileString(aside)) !== holder) yield* Effect.ignore(fs.link(aside, file))
        yield* fs.remove(aside)
      })

    const acquire = Effect.gen(function* () {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        if (yield* take) return
        const holder = yield* Effect.option(fs.readFileString(file))
        if (Option.isNone(holder)) continue
        yield* refuseIfHeld(holder.value)
        yield* Effect.ignore(clear(holder.value))
      }
      return yield* new EmbeddedPostgresFailed({
        problem: `${file} could not be taken; is something rewriting it?`
      })
    })

    yield* Effect.acquireRelease(acquire, () => Effect.ignore(fs.remove(file)))
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "EmbeddedPostgresFailed"
        ? error
        : new EmbeddedPostgresFailed({ problem: `the data folder cannot be locked: ${error.message}` })
    )
  )
