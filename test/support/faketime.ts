import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { type Settings, temporaryFolder } from "./platform.ts"

/** Debian's libfaketime; undefined: there is none. */
const library = ["/usr/lib", "/usr/lib64"]
  .filter((folder) => existsSync(folder))
  .flatMap((folder) =>
    readdirSync(folder).map((name) => join(folder, name, "faketime", "libfaketimeMT.so.1"))
  )
  .find((file) => existsSync(file))

export const hasFaketime: boolean = library !== undefined

/** A wall clock that jumps as the test likes; the monotonic clock is the machine's. */
export interface WallClock {
  /** The environment of a process that goes by it. */
  readonly settings: Settings
  /** Sets it so many seconds ahead of the machine's; at once. */
  readonly set: (aheadSeconds: number) => Effect.Effect<void>
}

export const makeWallClock: Effect.Effect<WallClock, never, Scope.Scope> = Effect.map(
  temporaryFolder,
  (path) => {
    const file = `${path}.time`
    const set = (aheadSeconds: number): void =>
      writeFileSync(file, `${aheadSeconds < 0 ? "" : "+"}${aheadSeconds}\n`)
    set(0)
    return {
      settings: {
        LD_PRELOAD: library ?? "",
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: "1",
        DONT_FAKE_MONOTONIC: "1"
      },
      set: (aheadSeconds) => Effect.sync(() => set(aheadSeconds))
    }
  }
)
