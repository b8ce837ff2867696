import { FileSystem } from "@effect/platform"
import { ConfigProvider, Effect, Either, Option } from "effect"
import { allSettings, type Setting } from "./setting.ts"
import { readVault, VaultConfig } from "./vault.ts"

/** Texts by the name of their setting. */
export type Values = ReadonlyMap<string, string>

/** What was found, and sentences about what was not. */
export interface ReadSecrets {
  readonly found: Values
  readonly problems: ReadonlyArray<string>
}

const tokenName = "POSTROOM_VAULT_TOKEN"

/** Secrets that flags and environment do not give: of the files named by `…_FILE`, then of Vault. */
export const readSecrets = (given: Values): Effect.Effect<ReadSecrets, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const table = allSettings()
    const secret = new Set(table.filter(isOurSecret).map(({ name }) => name))
    const files = yield* readFiles(given, secret)
    const inFiles = new Map(files.found)
    const vault = yield* inVault(ConfigProvider.fromMap(new Map([...given, ...inFiles])))
    // The token is asked for nowhere else.
    inFiles.delete(tokenName)
    const isFree = (name: string) => !given.has(name) && !given.has(`${name}_FILE`) && name !== tokenName
    const misplaced = [...vault.found.keys()].filter(
      (name) => name.startsWith("POSTROOM_") && (!secret.has(name) || name === tokenName)
    )
    return {
      found: new Map([...[...vault.found].filter(([name]) => secret.has(name) && isFree(name)), ...inFiles]),
      problems: [
        ...files.problems,
        ...vault.problems,
        ...misplaced.map((name) => `Vault holds ${name}, which is no secret that Postroom takes from there.`)
      ]
    }
  })

const isOurSecret = ({ isSecret, usedBy }: Setting): boolean => isSecret && usedBy === "server"

const readFiles = (given: Values, secret: ReadonlySet<string>) =>
  Effect.gen(function* () {
    const found = new Map<string, string>()
    const problems: Array<string> = []
    for (const name of secret) {
      const path = given.get(`${name}_FILE`)
      if (path === undefined || given.has(name)) continue
      const read = yield* Effect.either(readFile(path))
      if (Either.isRight(read)) found.set(name, read.right)
      else problems.push(`${name}_FILE names ${path}, which ${read.left}.`)
    }
    return { found, problems }
  })

const readFile = (path: string): Effect.Effect<string, string, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const text = yield* Effect.mapError(
      fs.readFileString(path),
      (error) => `cannot be read (${error._tag === "SystemError" ? error.reason : "not a path"})`
    )
    // Only the line's end: a secret may end with a space.
    const value = text.replace(/[\r\n]+$/, "")
    return value === "" ? yield* Effect.fail("is empty") : value
  })

const inVault = (provider: ConfigProvider.ConfigProvider): Effect.Effect<ReadSecrets> =>
  Effect.gen(function* () {
    const none = { found: new Map<string, string>(), problems: [] }
    const settings = yield* Effect.option(provider.load(VaultConfig))
    // A wrong setting of Vault's is told with all the others.
    if (Option.isNone(settings) || Option.isNone(settings.value)) return none
    return yield* Effect.match(readVault(settings.value.value), {
      onFailure: ({ problem }) => ({ ...none, problems: [problem] }),
      onSuccess: (found) => ({ ...none, found })
    })
  })
