import { randomUUID } from "node:crypto"
import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { Data, Effect, Option, Redacted } from "effect"

/** A secret cannot be read or kept; a person has to look at the file. */
export class SecretFileFailed extends Data.TaggedError("SecretFileFailed")<{
  readonly path: string
  readonly problem: string
}> {
  override get message() {
    return `${this.path}: ${this.problem}`
  }
}

/** The folder of secrets below the data folder, and the files in it. */
export const secretPaths = (dataFolder: string) =>
  Effect.map(Path.Path, (path) => ({
    operatorToken: path.join(dataFolder, "secrets", "operator-token"),
    retentionToken: path.join(dataFolder, "secrets", "retention-token"),
    demoPassword: path.join(dataFolder, "secrets", "demo-password")
  }))

const failing = (path: string) =>
  Effect.mapError(
    (error: PlatformError) => new SecretFileFailed({ path, problem: error.message.replace(/^\w+: /, "") })
  )

/** The secret in a file, without the line's end; none = there is no such file, or nothing in it. */
export const readSecret = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString(path)
    return text.trim() === "" ? Option.none() : Option.some(Redacted.make(text.trim()))
  }).pipe(
    Effect.catchIf(
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => Effect.succeedNone
    ),
    failing(path)
  )

/** Replaces the file as a whole, so that nobody ever reads half of it. Its owner alone may read it (0600). */
export const writeSecret = (path: string, secret: Redacted.Redacted) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = (yield* Path.Path).dirname(path)
    yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
    const draft = `${path}.${randomUUID()}`
    yield* fs.writeFileString(draft, `${Redacted.value(secret)}\n`, { flag: "wx", mode: 0o600 }).pipe(
      Effect.zipRight(fs.rename(draft, path)),
      Effect.onError(() => Effect.ignore(fs.remove(draft)))
    )
  }).pipe(failing(path))

/** The secret in the file, or a new one kept there. */
export const ensureSecret = (path: string, make: () => Redacted.Redacted) =>
  Effect.gen(function* () {
    const kept = yield* readSecret(path)
    if (Option.isSome(kept)) return { secret: kept.value, isNew: false }
    const secret = make()
    yield* writeSecret(path, secret)
    return { secret, isNew: true }
  })
