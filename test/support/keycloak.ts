import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Duration, Effect, type Scope } from "effect"
import { choosePort } from "../../src/storage/embedded/postmaster.ts"
import { awaited } from "./awaited.ts"

/** Somebody with an account there, whose password is `password`. */
export interface KeycloakUser {
  readonly username: string
  readonly email: string
  readonly emailVerified: boolean
}

export interface KeycloakOptions {
  /** Where its distribution was unpacked. */
  readonly home: string
  readonly port: number
  /** Where the pages are. */
  readonly origin: string
  readonly clientSecret: string
  readonly password: string
  readonly users: ReadonlyArray<KeycloakUser>
}

export const keycloakPort: Effect.Effect<number> = Effect.orDie(choosePort(0))

/** Of the realm `mail`. */
export const keycloakIssuer = (port: number): string => `http://127.0.0.1:${port}/realms/mail`

/** As docs/runbooks/sign-in.md has it. */
const realm = ({ origin, clientSecret, password, users }: KeycloakOptions) => ({
  realm: "mail",
  enabled: true,
  clients: [
    {
      clientId: "postroom",
      secret: clientSecret,
      publicClient: false,
      standardFlowEnabled: true,
      directAccessGrantsEnabled: false,
      redirectUris: [`${origin}/sign-in/callback`],
      attributes: {
        "pkce.code.challenge.method": "S256",
        "post.logout.redirect.uris": `${origin}/signed-out`
      }
    }
  ],
  users: users.map((user) => ({
    ...user,
    enabled: true,
    firstName: "Some",
    lastName: "Body",
    credentials: [{ type: "password", value: password, temporary: false }]
  }))
})

/** A Keycloak that remembers nothing, until the scope ends. It takes a minute to start. */
export const keycloak = (options: KeycloakOptions): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const imports = join(options.home, "data", "import")
    mkdirSync(imports, { recursive: true })
    writeFileSync(join(imports, "mail-realm.json"), JSON.stringify(realm(options)))
    const said: Array<string> = []
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          join(options.home, "bin", "kc.sh"),
          [
            "start-dev",
            "--import-realm",
            "--db=dev-mem",
            "--http-host=127.0.0.1",
            `--http-port=${options.port}`
          ],
          {
            stdio: ["ignore", "pipe", "inherit"],
            // The script waits for Java, and both are to end.
            detached: true,
            env: { PATH: "/usr/local/bin:/usr/bin:/bin", JAVA_OPTS: "-Xms64m -Xmx768m" }
          }
        )
      ),
      end
    )
    yield* awaited(
      "Keycloak to listen",
      listening(child, said),
      Effect.sync(() => said.slice(-20)),
      patience
    )
  })

const patience = Duration.minutes(4)

const listening = ({ stdout }: ChildProcess, said: Array<string>) =>
  Effect.async<void>((resume) => {
    if (stdout === null) return
    createInterface({ input: stdout }).on("line", (line) => {
      said.push(line)
      if (line.includes("Listening on:")) resume(Effect.void)
    })
  })

const end = (child: ChildProcess) =>
  Effect.async<void>((resume) => {
    if (child.pid === undefined || child.exitCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    process.kill(-child.pid, "SIGTERM")
  })
