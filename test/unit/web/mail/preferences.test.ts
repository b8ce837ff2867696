import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import {
  defaultPreferences,
  type KeptPreferences,
  namesSender,
  type PreferencesPatch
} from "../../../../src/domain/Preferences.ts"
import type { Refusal } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { makePreferences, type PreferencesClient, type Wish } from "../../../../web/src/mail/preferences.ts"

const refusal = (isTemporary: boolean): Refusal => ({
  _tag: "Refused",
  reason: isTemporary ? "away" : "limit",
  what: null,
  isTemporary
})

/** Keeps preferences as the server does, for as many pages as there are. */
const makeServer = () => {
  let kept: KeptPreferences = { version: 0, preferences: defaultPreferences }
  const told = new Set<(now: KeptPreferences) => void>()
  const refusals: Array<Refusal> = []
  const asked: Array<PreferencesPatch> = []
  const connection = (): PreferencesClient & { readonly cut: () => void } => {
    let isCut = false
    let end = () => {}
    return {
      ask: async (_, { version, patch }) => {
        asked.push(patch)
        const refused = refusals.shift()
        if (refused !== undefined) return refused
        const isDone = version === kept.version
        if (isDone) {
          kept = { version: version + 1, preferences: { ...kept.preferences, ...patch } }
          for (const tell of told) tell(kept)
        }
        return isCut ? { _tag: "Lost" } : { _tag: "Answered", value: { ...kept, isDone } }
      },
      watch: (_, __, tell) =>
        new Promise((resolve) => {
          told.add(tell)
          tell(kept)
          end = () => {
            told.delete(tell)
            resolve({ _tag: "Lost" })
          }
        }),
      cut: () => {
        isCut = true
        end()
      }
    }
  }
  return { connection, refusals, asked, kept: () => kept }
}

const trusting =
  (sender: string): Wish =>
  ({ trustedSenders }) =>
    trustedSenders.includes(sender) ? {} : { trustedSenders: [...trustedSenders, sender] }

describe("preferences of a page", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const settled = () => vi.advanceTimersByTimeAsync(10_000)

  it("are shown at once, and kept", async () => {
    const server = makeServer()
    const page = makePreferences(defaultPreferences)
    page.connected(server.connection())
    page.change({ density: "compact" })
    assert.strictEqual(page.preferences.get().density, "compact")
    assert.strictEqual(page.saving.get(), "saving")
    await settled()
    assert.strictEqual(page.saving.get(), "saved")
    assert.strictEqual(server.kept().preferences.density, "compact")
  })

  it("wait for a connection, and are sent as one", async () => {
    const server = makeServer()
    const page = makePreferences(defaultPreferences)
    page.change({ density: "cozy" })
    page.change({ readingPane: "bottom" })
    page.change({ density: "compact" })
    page.connected(server.connection())
    await settled()
    assert.deepEqual(server.asked, [{ density: "compact", readingPane: "bottom" }])
    assert.strictEqual(page.preferences.get().readingPane, "bottom")
  })

  it("of two pages at once are both kept, in one list, too", async () => {
    const server = makeServer()
    const pages = [makePreferences(defaultPreferences), makePreferences(defaultPreferences)] as const
    for (const page of pages) page.connected(server.connection())
    pages[0].change(trusting("alice@one.test"))
    pages[1].change(trusting("bob@two.test"))
    pages[0].change({ density: "compact" })
    pages[1].change({ readingPane: "off" })
    await settled()
    for (const { preferences, saving } of pages) {
      const { trustedSenders, density, readingPane } = preferences.get()
      assert.sameMembers([...trustedSenders], ["alice@one.test", "bob@two.test"])
      assert.deepEqual([density, readingPane, saving.get()], ["compact", "off", "saved"])
    }
  })

  it("that were kept by an answer that got lost are wished again, and once", async () => {
    const server = makeServer()
    const page = makePreferences(defaultPreferences)
    const connection = server.connection()
    page.connected(connection)
    page.change(trusting("alice@one.test"))
    connection.cut()
    await settled()
    page.connected(server.connection())
    await settled()
    assert.deepEqual(server.kept().preferences.trustedSenders, ["alice@one.test"])
    assert.strictEqual(page.saving.get(), "saved")
  })

  it("are asked for again where the server is away, and taken back where it refuses", async () => {
    const server = makeServer()
    const page = makePreferences(defaultPreferences)
    page.connected(server.connection())
    server.refusals.push(refusal(true))
    page.change({ density: "cozy" })
    await settled()
    assert.strictEqual(server.kept().preferences.density, "cozy")
    server.refusals.push(refusal(false))
    page.change({ density: "compact" })
    await settled()
    assert.deepEqual(page.saving.get(), refusal(false))
    assert.strictEqual(page.preferences.get().density, "cozy")
  })
})

describe("a list of senders", () => {
  const senders = ["alice@one.test", "two.test"]
  it("names addresses, domains and what is below them", () => {
    for (const address of ["Alice@One.test", "bob@two.test", "carol@news.TWO.test"])
      assert.isTrue(namesSender(senders, address), address)
    for (const address of ["bob@one.test", "bob@nottwo.test", "two.test@three.test", ""])
      assert.isFalse(namesSender(senders, address), address)
  })
})
