import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { NotFound } from "../../../src/domain/errors.ts"
import { defaultPreferences } from "../../../src/domain/Preferences.ts"
import { alice } from "../../support/alice.ts"
import { owaEdge, signedIn } from "../../support/owa/owaEdge.ts"
import { pageAt, refusal } from "../../support/owa/page.ts"

const id = "eeeeeeee-0000-4000-8000-00000000000"
const session = (n: number) => ({
  id: `${id}${n}`,
  createdAt: n,
  lastSeenAt: n,
  idleEndsAt: n,
  endsAt: n,
  userAgent: "a browser"
})

describe("a page asks about the person", () => {
  it.scopedLive("preferences: only what is one goes on, and whose they are says the session", () =>
    Effect.gen(function* () {
      const wishes: Array<unknown> = []
      const { port } = yield* owaEdge(
        {},
        {},
        {
          preferences: {
            set: (wish) => {
              wishes.push(wish)
              return Effect.succeed({ isDone: true, version: 1, preferences: defaultPreferences })
            }
          }
        }
      )
      const page = yield* pageAt(port)
      const set = (patch: object) => page.ask("SetPreferences", { version: 0, patch, userId: "another" })
      for (const patch of [
        { density: "tiny" },
        { timeZone: "Mars/Olympus" },
        { trustedSenders: ["not an address@"] },
        { trustedSenders: ["Ada@example.org"] },
        { readAfterSeconds: -1 },
        { favourites: [1.5] },
        { signatures: [1, 2].map(() => ({ id: "same", name: "", html: "" })) },
        { signatures: [{ id: "x".repeat(65), name: "", html: "" }] }
      ])
        assert.deepInclude(refusal(yield* set(patch)), { reason: "invalid" }, JSON.stringify(patch))
      const patch = {
        density: "cozy",
        timeZone: "Europe/Berlin",
        trustedSenders: ["ada@example.org", "example.com"],
        readAfterSeconds: null
      }
      assert.strictEqual((yield* set({ ...patch, more: 1 }))?._tag, "Success")
      assert.deepStrictEqual(wishes, [{ userId: alice.mailboxId, version: 0, patch }])
    })
  )

  it.scopedLive("preferences are told beside the changes of mail, and again when they are others", () =>
    Effect.gen(function* () {
      const { port } = yield* owaEdge(
        {},
        {},
        {
          preferences: {
            follow: () =>
              Stream.make(0, 1).pipe(Stream.map((version) => ({ version, preferences: defaultPreferences })))
          }
        }
      )
      const page = yield* pageAt(port)
      page.say({ _tag: "Request", id: "1", tag: "Preferences", headers: [] })
      const versions: Array<unknown> = []
      while (versions.length < 2) {
        const { values = [] } = yield* page.next
        versions.push(...values.map((value) => value["version"]))
        page.say({ _tag: "Ack", requestId: "1" })
      }
      assert.deepStrictEqual(versions, [0, 1])
    })
  )

  it.scopedLive("sessions: which is its own, and all others end", () =>
    Effect.gen(function* () {
      const ended: Array<string> = []
      const { port } = yield* owaEdge(
        {},
        {},
        {
          sessions: {
            list: () => Effect.succeed([session(2), session(1), session(3)]),
            end: (userId, sessionId) => {
              assert.strictEqual(userId, alice.mailboxId)
              ended.push(sessionId)
              return Effect.succeed({ idToken: "secret" })
            },
            endOthers: (userId, sessionId) => {
              assert.deepStrictEqual([userId, sessionId], [alice.mailboxId, signedIn.sessionId])
              return Effect.succeed(2)
            }
          }
        }
      )
      const page = yield* pageAt(port)
      const listed = JSON.stringify(yield* page.ask("Sessions"))
      assert.strictEqual(listed.match(/"isOwn":true/g)?.length, 1)
      assert.include(listed, `"id":"${signedIn.sessionId}"`)
      assert.deepStrictEqual((yield* page.ask("EndOtherSessions"))?.value, { ended: 2 })
      const one = yield* page.ask("EndSession", { sessionId: `${id}2` })
      assert.deepStrictEqual([one?._tag, one?.value], ["Success", null])
      assert.deepStrictEqual(ended, [`${id}2`])
    })
  )

  it.scopedLive("devices: through all pages of the list; what there is not is told", () =>
    Effect.gen(function* () {
      const { port } = yield* owaEdge(
        {},
        {},
        {
          devices: {
            listDevices: (_, { after }) =>
              Effect.succeed({ entries: [], after: after === null ? "next" : null }),
            wipeDevice: () => new NotFound({ what: "device" })
          }
        }
      )
      const page = yield* pageAt(port)
      assert.deepStrictEqual((yield* page.ask("Devices"))?.value, { devices: [] })
      const wiped = yield* page.ask("WipeDevice", { deviceId: "phone", scope: "account" })
      assert.deepInclude(refusal(wiped), { reason: "notFound", what: "device" })
    })
  )

  it.scopedLive("an app password: for itself, with the secret and the address that goes with it", () =>
    Effect.gen(function* () {
      const { port } = yield* owaEdge(
        {},
        {},
        {
          admin: {
            createToken: (_, { mailboxId, label, expiresAt }) =>
              Effect.succeed({
                token: { id: `${id}1`, userId: mailboxId, label, createdAt: 1, expiresAt },
                secret: Redacted.make("pr_secret")
              })
          }
        }
      )
      const page = yield* pageAt(port)
      const made = yield* page.ask("CreateAppPassword", { label: "phone" })
      assert.deepStrictEqual(made?.value, {
        id: `${id}1`,
        label: "phone",
        createdAt: 1,
        secret: "pr_secret",
        address: alice.address
      })
    })
  )
})
