import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import { world } from "../../contract/directoryWorld.ts"
import { hasChromium, openBrowser, seen } from "../../support/browser.ts"
import { act } from "../../support/console.ts"
import { keycloak, keycloakIssuer, keycloakPort } from "../../support/keycloak.ts"
import { layerSignInStores, signInEdge } from "../../support/signInWorld.ts"

/** Where a Keycloak was unpacked, e.g. as a link; nobody else may use it meanwhile. */
const home = fileURLToPath(new URL("../../../node_modules/.cache/keycloak", import.meta.url))

const password = "the right one"
const clientSecret = "a secret: of 100% strange+letters"

describe.skipIf(!existsSync(home) || !hasChromium)(
  "signing in with a Keycloak (at node_modules/.cache/keycloak)",
  () => {
    layer(layerSignInStores, { excludeTestServices: true, timeout: "1 minute" })((it) => {
      it.scoped(
        "lets in whose address it verified, nobody else, and signs out there, too",
        () =>
          Effect.gen(function* () {
            const { create, domains } = yield* world
            const alice = yield* create(`alice@${domains.one}`)
            const bob = yield* create(`bob@${domains.one}`)
            const port = yield* keycloakPort
            const origin = yield* signInEdge({
              POSTROOM_OIDC_ISSUER: keycloakIssuer(port),
              POSTROOM_OIDC_CLIENT_ID: "postroom",
              POSTROOM_OIDC_CLIENT_SECRET: clientSecret
            })
            yield* keycloak({
              home,
              port,
              origin,
              clientSecret,
              password,
              users: [
                { username: "alice", email: alice.email, emailVerified: true },
                { username: "bob", email: bob.email, emailVerified: false },
                { username: "carol", email: `carol@${domains.one}`, emailVerified: true }
              ]
            })
            const open = yield* openBrowser
            const signIn = (username: string) =>
              Effect.gen(function* () {
                const page = yield* open({ locale: "en-GB" })
                yield* act(() => page.goto(`${origin}/sign-in?return=/signed-in`))
                yield* act(() => page.locator("#username").fill(username))
                yield* act(() => page.locator("#password").fill(password))
                yield* act(() => page.keyboard.press("Enter"))
                yield* act(() => page.waitForURL(`${origin}/**`))
                return page
              })

            const page = yield* signIn("alice")
            assert.strictEqual(page.url(), `${origin}/signed-in`)
            yield* act(() => page.goto(`${origin}/sign-out`))
            yield* seen(page, `You are signed in as ${alice.email}.`)
            yield* act(() => page.getByRole("button", { name: "Sign out", exact: true }).click())
            // It knows the session by the ID token, and so does not ask.
            yield* act(() => page.waitForURL(`${origin}/signed-out**`))
            yield* seen(page, "You are signed out")
            yield* act(() => page.goto(`${origin}/sign-in`))
            yield* act(() => page.locator("#password").waitFor())

            for (const stranger of ["bob", "carol"]) {
              yield* seen(yield* signIn(stranger), "There is no mailbox for you here")
            }
          }),
        360_000
      )
    })
  }
)
