import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { FolderId, type MessageId } from "../../src/domain/ids.ts"
import { listKey, type MailList } from "../../web/src/mail/store/MailState.ts"
import { calling, clientOf, Here, inboxOf } from "../support/coreClient.ts"
import { signedIn } from "../support/owa/signedIn.ts"
import { openTab, type Tab } from "../support/owa/tab.ts"

const inbox = FolderId(1)
const archive = FolderId(6)

const tabOf = (name: string) =>
  Effect.gen(function* () {
    const { at } = yield* Here
    const cookie = yield* signedIn(`${name}@demo.test`)
    return yield* openTab({ port: () => at.http, cookie: () => cookie })
  })

const raw = (subject: string) => Buffer.from(`From: a@demo.test\r\nSubject: ${subject}\r\n\r\nHello\r\n`)

const all = (folderId: FolderId): MailList => ({ folderId, filter: "all" })

const listed = ({ store }: Tab, folderId: FolderId) => {
  const { windows, messages } = store.state.get()
  return windows.get(listKey(all(folderId)))?.ids.flatMap((id) => messages.get(id) ?? []) ?? []
}

const subjects = (tab: Tab, folderId: FolderId) => listed(tab, folderId).map(({ subject }) => subject)

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

layer(Here.layer, { timeout: 60_000, excludeTestServices: true })("web mail, on the whole platform", (it) => {
  it.scoped(
    "shows what others do, does what it is told, takes it back, and catches up after an absence",
    () =>
      Effect.gen(function* () {
        const client = yield* clientOf("alice")
        const call = calling(client)
        const folderId = yield* inboxOf(client)
        const append = (subject: string) =>
          call((calls) => calls.appendMessage({ folderId, raw: raw(subject), flags: [] }))
        const tab = yield* tabOf("alice")
        tab.store.open(all(inbox))
        tab.store.open(all(archive))
        yield* tab.shows("empty lists", () => tab.store.state.get().windows.size === 2)
        const shows = (what: string, folder: FolderId, expected: ReadonlyArray<string>) =>
          tab.shows(what, () => isSame(subjects(tab, folder), expected) && tab.store.waiting.get() === 0)

        const { messageId } = yield* append("one")
        yield* append("two")
        yield* shows("new mail", inbox, ["two", "one"])
        yield* call((calls) => calls.changeFlags({ messageIds: [messageId], addFlags: ["\\Seen"] }))
        yield* tab.shows("what was read elsewhere", () => listed(tab, inbox)[1]?.flags[0] === "\\Seen")
        assert.strictEqual(tab.store.state.get().folders.get(inbox)?.unread, 1)

        const messageIds: ReadonlyArray<MessageId> = listed(tab, inbox).map(({ id }) => id)
        const moved = tab.store.order({ tag: "Move", payload: { messageIds, toFolderId: archive } })
        assert.deepStrictEqual(subjects(tab, inbox), [])
        yield* shows("the move", archive, ["two", "one"])
        tab.store.order({ tag: "Undo", payload: { undoes: moved } })
        yield* tab.shows("both where they were", () => listed(tab, inbox).length === 2)

        tab.cut()
        tab.store.order({ tag: "Delete", payload: { messageIds: messageIds.slice(0, 1) } })
        yield* append("three")
        yield* tab.shows("that it is back", () => tab.store.presence.get() === "online")
        yield* shows("all of it", inbox, ["three", "one"])
        assert.deepStrictEqual(tab.refused, [])
      })
  )

  it.scoped("reads a message, its text and what is found, and nobody else's", () =>
    Effect.gen(function* () {
      const client = yield* clientOf("bob")
      const folderId = yield* inboxOf(client)
      const { messageId } = yield* calling(client)((calls) =>
        calls.appendMessage({ folderId, raw: raw("for bob alone"), flags: [] })
      )
      const tab = yield* tabOf("bob")
      tab.store.open(all(inbox))
      yield* tab.shows("the message", () => listed(tab, inbox).length === 1)
      const [row] = listed(tab, inbox)
      if (row === undefined) return assert.fail("there is no row")
      assert.strictEqual(BigInt(row.id), messageId)
      const ask = yield* Effect.promise(() =>
        Promise.all([
          tab.store.ask("Message", { messageId: row.id }),
          tab.store.ask("Body", { messageId: row.id, type: "text", maxBytes: null }),
          tab.store.ask("Search", { query: "subject:alone", folderIds: [], after: null, limit: null }),
          tab.store.ask("Thread", { threadId: row.threadId })
        ])
      )
      const [message, body, found, thread] = ask
      assert.strictEqual(message._tag === "Answered" && message.value.parts[0]?.type, "text/plain")
      assert.strictEqual(body._tag === "Answered" && body.value.content.trim(), "Hello")
      assert.deepStrictEqual(thread._tag === "Answered" && thread.value.messages[0]?.id, row.id)
      assert.strictEqual(found._tag, "Answered")
      const { at } = yield* Here
      const sourceFor = (cookie: string) =>
        Effect.promise(async () => {
          const address = `http://127.0.0.1:${at.http}/owa/parts/${row.id}/source`
          const answer = await fetch(address, { headers: { cookie } })
          return { code: answer.status, text: (await answer.text()).trim() }
        })
      assert.deepStrictEqual(yield* sourceFor(yield* signedIn("bob@demo.test")), {
        code: 200,
        text: raw("for bob alone").toString().trim()
      })
      assert.deepStrictEqual(yield* sourceFor(yield* signedIn("carol@demo.test")), {
        code: 404,
        text: "not-there"
      })
      const other = yield* tabOf("carol")
      yield* other.shows("that all is well", () => other.store.isCurrent.get())
      const missing = yield* Effect.promise(() => other.store.ask("Message", { messageId: row.id }))
      assert.deepStrictEqual(missing._tag === "Refused" && missing.reason, "notFound")
    })
  )
})
