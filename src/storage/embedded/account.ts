import { FileSystem } from "@effect/platform"
import { Effect } from "effect"
import { EmbeddedPostgresFailed } from "./EmbeddedPostgresFailed.ts"
import { type Launch, run } from "./processes.ts"

/** The user that Postgres runs as and that owns its files, when we are root. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

const asWeAre: Launch = { prefix: [], env: { LC_ALL: "C", PATH: "/usr/bin:/bin:/usr/sbin:/sbin" } }

const idOf = (name: string, kind: "-u" | "-g") =>
  Effect.map(run(asWeAre, "id", [kind, name]), ({ code, output }) =>
    code === 0 ? Number.parseInt(output, 10) : 0
  )

/**
 * Postgres refuses to run as root. Then it runs as the owner of `folder` if there is one, else as `postgres`
 * or `nobody`; no user is ever created. Undefined when we are not root.
 */
export const chooseAccount = (
  folder: string
): Effect.Effect<Account | undefined, EmbeddedPostgresFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    if (process.getuid?.() !== 0) return undefined
    const fs = yield* FileSystem.FileSystem
    const owner = yield* Effect.option(fs.stat(folder))
    if (owner._tag === "Some" && owner.value.uid._tag === "Some" && owner.value.uid.value !== 0) {
      return { uid: owner.value.uid.value, gid: owner.value.gid._tag === "Some" ? owner.value.gid.value : 0 }
    }
    for (const name of ["postgres", "nobody"]) {
      const [uid, gid] = yield* Effect.all([idOf(name, "-u"), idOf(name, "-g")])
      if (uid !== 0 && gid !== 0) return { uid, gid }
    }
    return yield* new EmbeddedPostgresFailed({
      problem:
        "it cannot run as root, and this machine has neither a user postgres nor nobody; start as another user"
    })
  })

/** The first of `paths` that the account can neither read (a file) nor enter (a folder); "" when there is none. */
const firstUnreachable = (account: Account, paths: ReadonlyArray<string>) =>
  Effect.map(
    run({ ...asWeAre, ...account }, "/bin/sh", [
      "-c",
      'for path in "$@"; do test -r "$path" || test -x "$path" || { echo "$path"; exit; }; done',
      "sh",
      ...paths
    ]),
    ({ output }) => output.trim()
  )

/** capabilities(7): what lets a process pass folders that are closed to it, the narrower one first. */
const passage = [
  { name: "dac_read_search", bit: 2n },
  { name: "dac_override", bit: 1n }
]

const capabilityWeHave = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const status = yield* fs.readFileString("/proc/self/status")
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`)
  return passage.find(({ bit }) => (held >> bit) & 1n)?.name
}).pipe(Effect.orElseSucceed(() => undefined))

/**
 * How Postgres is started. The programs or the data may lie below a folder that the account cannot enter
 * (a clone in /root): on Linux it then keeps one capability that lets it through. `no_setuid_fixup` makes
 * that hold for access(2) too, by which Postgres finds its own files; `no-new-privs` ends it there.
 */
export const chooseLaunch = (
  account: Account | undefined,
  paths: ReadonlyArray<string>
): Effect.Effect<Launch, EmbeddedPostgresFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    if (account === undefined) return asWeAre
    const unreachable = yield* firstUnreachable(account, paths)
    if (unreachable === "") return { ...asWeAre, ...account }
    const capability = yield* capabilityWeHave
    const setpriv = yield* Effect.map(run(asWeAre, "setpriv", ["--version"]), ({ code }) => code === 0)
    if (capability === undefined || !setpriv) {
      return yield* new EmbeddedPostgresFailed({
        problem: `it runs as user ${account.uid}, who cannot reach ${unreachable}; open the folders above it (chmod o+x) or keep Postroom and its data elsewhere`
      })
    }
    return {
      ...asWeAre,
      prefix: [
        "setpriv",
        `--reuid=${account.uid}`,
        `--regid=${account.gid}`,
        "--clear-groups",
        `--inh-caps=+${capability}`,
        `--ambient-caps=+${capability}`,
        "--securebits=+no_setuid_fixup,+noroot",
        "--no-new-privs"
      ]
    }
  })
