import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import fc from "fast-check"
import type { MessageId } from "../../../../src/domain/ids.ts"
import { listKey, type MailList } from "../../../../web/src/mail/store/MailState.ts"
import type { Command } from "../../../../web/src/mail/wire/calls.ts"
import { deliver } from "../../../support/domain.ts"
import { all, isAsServer, listOf, settled } from "../../../support/owa/asServer.ts"
import { type CoreTwin, deletedItems, inbox, makeCoreTwin } from "../../../support/owa/coreTwin.ts"
import { owaEdge } from "../../../support/owa/owaEdge.ts"
import { openTab, type Tab } from "../../../support/owa/tab.ts"

const seen = (messageIds: ReadonlyArray<MessageId>, add = true): Command => ({
  tag: "ChangeFlags",
  payload: {
    messageIds,
    addFlags: add ? ["\\Seen"] : [],
    removeFlags: add ? [] : ["\\Seen"],
    addCategories: [],
    removeCategories: []
  }
})

const unread: MailList = { folderId: inbox, filter: "unread" }

const many = (n: number) => Array.from({ length: n }, () => deliver())

const whats = [
  "read",
  "flag",
  "move",
  "back",
  "delete",
  "expunge",
  "all read",
  "empty",
  "copy",
  "mail",
  "unread",
  "cut",
  "more",
  "look",
  "top"
] as const

interface Step {
  readonly who: "here" | "there" | "phone"
  readonly what: (typeof whats)[number]
  readonly pick: number
}

const step: fc.Arbitrary<Step> = fc.record({
  who: fc.constantFrom("here", "there", "phone"),
  what: fc.constantFrom(...whats),
  pick: fc.nat(100)
})

const flagged = (add: boolean, messageIds: ReadonlyArray<MessageId>): Command => ({
  tag: "ChangeFlags",
  payload: {
    messageIds,
    addFlags: add ? ["\\Flagged"] : [],
    removeFlags: add ? [] : ["\\Flagged"],
    addCategories: [],
    removeCategories: []
  }
})

/** What a step is, for who sees these in the Inbox and in Deleted Items. */
const commandOf = (
  { what, pick }: Step,
  messageIds: ReadonlyArray<MessageId>,
  gone: ReadonlyArray<MessageId>
): Command => {
  switch (what) {
    case "read":
      return seen(messageIds)
    case "unread":
      return seen(messageIds, false)
    case "flag":
      return flagged(pick % 2 === 0, messageIds)
    case "move":
      return { tag: "Move", payload: { messageIds, toFolderId: deletedItems } }
    case "back":
      return { tag: "Move", payload: { messageIds: gone, toFolderId: inbox } }
    case "copy":
      return { tag: "Copy", payload: { messageIds, toFolderId: inbox } }
    case "expunge":
      return { tag: "Expunge", payload: { messageIds } }
    case "empty":
      return { tag: "EmptyFolder", payload: { folderId: deletedItems } }
    case "all read":
      return { tag: "MarkAllRead", payload: { folderId: inbox } }
    default:
      return { tag: "Delete", payload: { messageIds } }
  }
}

const byPhone = (twin: CoreTwin, { what, pick }: Step): void => {
  const ids = twin.listed(inbox).map(({ id }) => id)
  const messageIds = ids.slice(pick % ids.length).slice(0, 1)
  if (what === "expunge") twin.phone({ _tag: "ExpungeMessages", messageIds })
  else if (what === "delete") twin.phone({ _tag: "DeleteMessages", messageIds })
  else if (what === "all read") twin.phone({ _tag: "MarkAllRead", folderId: inbox })
  else twin.phone(deliver())
}

const ordered = (tab: Tab, given: Step): void => {
  const { windows } = tab.store.state.get()
  const ids = windows.get(listKey(all(inbox)))?.ids ?? []
  const some = ids.slice(given.pick % Math.max(1, ids.length)).slice(0, 2)
  const gone = windows.get(listKey(all(deletedItems)))?.ids.slice(0, 2) ?? []
  // No call names no message.
  if (some.length > 0 && gone.length > 0) tab.store.order(commandOf(given, some, gone))
}

const byTab = (tab: Tab, given: Step): void => {
  if (given.what === "cut") tab.cut()
  else if (given.what === "more") tab.store.more(all(inbox))
  else if (given.what === "look")
    tab.store.look(all(inbox), { first: given.pick * 2, last: given.pick * 2 + 20 })
  else if (given.what === "top") tab.store.open(all(inbox))
  else ordered(tab, given)
}

const story = (steps: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const twin = makeCoreTwin(...many(250))
    twin.phone({
      _tag: "DeleteMessages",
      messageIds: twin
        .listed(inbox)
        .slice(0, 9)
        .map(({ id }) => id)
    })
    const { port } = yield* owaEdge(twin.core)
    const here = yield* openTab({ port: () => port })
    const there = yield* openTab({ port: () => port })
    for (const tab of [here, there]) {
      tab.store.open(all(inbox))
      tab.store.open(all(deletedItems))
      tab.store.open(unread)
      yield* settled(tab, twin, [inbox, deletedItems])
    }
    for (const given of steps) {
      if (given.who === "phone") byPhone(twin, given)
      else byTab(given.who === "here" ? here : there, given)
      if (given.pick % 4 === 0) yield* Effect.promise(() => new Promise(setImmediate))
    }
    for (const tab of [here, there]) {
      yield* settled(tab, twin, [inbox, deletedItems])
      tab.store.open(unread)
      yield* tab.shows("what is unread", () => isAsServer(tab, twin, unread))
    }
  }).pipe(Effect.scoped)

describe("two tabs", () => {
  it.scopedLive("show a command at once here, and soon there", () =>
    Effect.gen(function* () {
      const twin = makeCoreTwin(...many(3))
      const { port } = yield* owaEdge(twin.core)
      const [here, there] = yield* Effect.all([openTab({ port: () => port }), openTab({ port: () => port })])
      here.store.open(all(inbox))
      there.store.open(all(inbox))
      yield* settled(here, twin)
      yield* settled(there, twin)
      const [first] = twin.listed(inbox)
      here.store.order(seen(first === undefined ? [] : [first.id]))
      assert.deepStrictEqual(listOf(here, all(inbox))?.[0]?.flags, ["\\Seen"])
      assert.strictEqual(here.store.state.get().folders.get(inbox)?.unread, 2)
      yield* there.shows("the flag", () => listOf(there, all(inbox))?.[0]?.flags[0] === "\\Seen")
      yield* settled(here, twin)
      yield* settled(there, twin)
      twin.phone(deliver())
      yield* there.shows("new mail", () => listOf(there, all(inbox))?.length === 4)
    })
  )

  it.scopedLive("take back what the server refuses", () =>
    Effect.gen(function* () {
      const twin = makeCoreTwin(...many(1))
      const { port } = yield* owaEdge(twin.core)
      const tab = yield* openTab({ port: () => port })
      yield* settled(tab, twin, [])
      tab.store.order({ tag: "RenameFolder", payload: { folderId: inbox, name: "Mine" } })
      assert.strictEqual(tab.store.state.get().folders.get(inbox)?.name, "Mine")
      yield* settled(tab, twin, [])
      assert.deepStrictEqual(
        tab.refused.map(({ reason }) => reason),
        ["notAllowed"]
      )
    })
  )

  it.scopedLive("keep what is ordered while there is no server, do it once, and catch up", () =>
    Effect.gen(function* () {
      const twin = makeCoreTwin(...many(5))
      let port = 0
      const tab = yield* openTab({ port: () => port })
      yield* tab.shows("that there is no server", () => tab.store.presence.get() === "offline")
      tab.store.open(all(inbox))
      const edge = yield* owaEdge(twin.core)
      port = edge.port
      tab.store.nudge()
      yield* settled(tab, twin)
      yield* edge.stop
      yield* tab.shows("that the server is gone", () => tab.store.presence.get() !== "online")
      const [newest] = twin.listed(inbox)
      const ids = newest === undefined ? [] : [newest.id]
      tab.store.order(seen(ids))
      tab.store.order({ tag: "Delete", payload: { messageIds: ids } })
      assert.strictEqual(tab.store.waiting.get(), 2)
      assert.strictEqual(listOf(tab, all(inbox))?.length, 4)
      for (const command of many(7)) twin.phone(command)
      port = (yield* owaEdge(twin.core)).port
      tab.store.nudge()
      yield* settled(tab, twin)
      assert.strictEqual(twin.listed(deletedItems)[0]?.flags[0], "\\Seen")
      assert.strictEqual(twin.listed(inbox).length, 11)
    })
  )

  it.scopedLive("begin afresh where the server does not remember from where they come", () =>
    Effect.gen(function* () {
      const twin = makeCoreTwin(...many(5))
      const edge = yield* owaEdge(twin.core)
      let port = edge.port
      const tab = yield* openTab({ port: () => port })
      tab.store.open(all(inbox))
      yield* settled(tab, twin)
      yield* edge.stop
      const [newest] = twin.listed(inbox)
      twin.phone({ _tag: "ExpungeMessages", messageIds: newest === undefined ? [] : [newest.id] })
      twin.compact()
      port = (yield* owaEdge(twin.core)).port
      tab.store.nudge()
      yield* settled(tab, twin)
      assert.strictEqual(listOf(tab, all(inbox))?.length, 4)
    })
  )

  it.scopedLive("say that somebody has signed out", () =>
    Effect.gen(function* () {
      const edge = yield* owaEdge(makeCoreTwin().core)
      const { port } = edge
      const tab = yield* openTab({ port: () => port })
      const stranger = yield* openTab({ port: () => port, cookie: () => "none" })
      yield* stranger.shows("that nobody is", () => stranger.store.presence.get() === "signedOut")
      yield* tab.shows("that all is well", () => tab.store.presence.get() === "online")
      yield* edge.signOut
      yield* tab.shows("that nobody is", () => tab.store.presence.get() === "signedOut")
    })
  )

  it.live(
    "and a phone come to the same end, whatever each of them does and however often the way is lost",
    () =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) =>
            Effect.runPromise(story(steps))
          ),
          { numRuns: 12 }
        )
      ),
    60_000
  )
})
