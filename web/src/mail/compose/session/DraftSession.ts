import type { MessageId } from "../../../../../src/domain/ids.ts"
import type { Refusal, SavedDraft, Sent } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import { makeStore, type Store } from "../../../shell/store.ts"
import { newId } from "../newId.ts"
import { insist } from "./insist.ts"
import type { KeptDraft } from "./KeptDraft.ts"
import type { Server } from "./Server.ts"
import { type Attached, type Body, draftOf, type Writing } from "./Writing.ts"

/** How what is written stands with the server. Kept: here, until there is a connection. */
export type Standing =
  | { readonly _tag: "Untouched" | "Changed" | "Saving" | "Kept" | "Sending" | "SendWaits" }
  | { readonly _tag: "Saved"; readonly at: number }
  | { readonly _tag: "Refused"; readonly refusal: Refusal }

export interface SessionOptions {
  readonly key: string
  readonly server: Server
  /** Null = the server has all of it, and the window is closed. */
  readonly keep: (kept: KeptDraft | null) => void
  readonly start: Pick<KeptDraft, "writing" | "draftId"> & {
    /** Something of it is not on the server. */
    readonly isUnsaved: boolean
    readonly sending: KeptDraft["sending"]
  }
}

const saveAfter = 2_000
const keepAfter = 300

/** What came of sending. */
export type SendOutcome =
  | { readonly _tag: "Sent"; readonly sendId: string; readonly sent: Sent }
  | { readonly _tag: "NotSent" }

/**
 * A message as it is written, kept here at once and on the server soon: two seconds after a change, and when its window is
 * closed. Calls to the server go one after the other, each under its own name and until it is answered.
 */
export class DraftSession {
  readonly key: string
  readonly writing: Store<Writing>
  readonly standing: Store<Standing> = makeStore<Standing>({ _tag: "Untouched" })
  /** Another window or device has changed the draft, too. */
  readonly isElsewhere: Store<boolean> = makeStore(false)
  readonly #options: SessionOptions
  #draftId: MessageId | null
  #readBody: (() => Body) | null = null
  /** Counts changes; all up to `#saved` are on the server. */
  #revision = 0
  #saved = 0
  #lastCall: Promise<unknown> = Promise.resolve()
  #saveTimer: ReturnType<typeof setTimeout> | null = null
  #keepTimer: ReturnType<typeof setTimeout> | null = null
  #sending: KeptDraft["sending"]
  /** Asked for, and not answered yet. */
  #sendUnderWay: Promise<SendOutcome> | null = null
  #isOver = false
  readonly #leave: () => void

  constructor(options: SessionOptions) {
    const { start, server } = options
    this.#options = options
    this.key = options.key
    this.writing = makeStore(start.writing)
    this.#draftId = start.draftId
    this.#sending = start.sending
    this.#leave = server.state.subscribe(() => this.#watch())
    if (start.isUnsaved) this.#touched()
  }

  get draftId(): MessageId | null {
    return this.#draftId
  }

  /** What there would be to lose if the page ended now. */
  get isUnsaved(): boolean {
    return !this.#isOver && this.#revision > this.#saved
  }

  /** A send that the page was in the middle of when it ended. */
  get interruptedSend(): KeptDraft["sending"] {
    return this.#sending
  }

  /** The editor has the body, and says what it is when it is needed. */
  bodyIn(read: (() => Body) | null): void {
    if (read === null) this.writing.set(this.current())
    this.#readBody = read
  }

  /** The editor's body is another. */
  bodyTouched(): void {
    this.#touched()
  }

  change(change: Partial<Writing>): void {
    this.writing.set({ ...this.current(), ...change })
    this.#touched()
  }

  changeAttached(id: string, change: Partial<Attached>): void {
    const attachments = this.writing
      .get()
      .attachments.map((one) => (one.id === id ? { ...one, ...change } : one))
    this.writing.set({ ...this.current(), attachments })
    // Its progress is nothing to save.
    if (change.source !== undefined) this.#touched()
  }

  current(): Writing {
    const writing = this.writing.get()
    return this.#readBody === null ? writing : { ...writing, body: this.#readBody() }
  }

  /** Says at once what this browser is to keep. */
  keepNow(): void {
    if (this.#keepTimer !== null) clearTimeout(this.#keepTimer)
    this.#keepTimer = null
    if (!this.#isOver) this.#options.keep(this.kept())
  }

  kept(): KeptDraft {
    return {
      key: this.key,
      draftId: this.#draftId,
      writing: this.current(),
      isUnsaved: this.isUnsaved,
      sending: this.#sending
    }
  }

  /** Saves what is not saved; answers when the server has it, or has refused it. */
  save(): Promise<void> {
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer)
    this.#saveTimer = null
    return this.#inTurn(async () => {
      if (this.#isOver || this.#revision === this.#saved) return
      const revision = this.#revision
      const writing = this.current()
      this.#saveStands({ _tag: "Saving" })
      const wish = { operationId: newId(), draftId: this.#draftId, draft: draftOf(writing) }
      const outcome = await insist(this.#options.server, ["SaveDraft", wish], {
        waits: () => this.#saveStands({ _tag: "Kept" }),
        isWanted: () => !this.#isOver
      })
      if (outcome === null) return
      if (outcome._tag === "Refused") return this.#saveStands({ _tag: "Refused", refusal: outcome })
      this.#saved = revision
      this.#hasSaved(outcome.value, writing)
    })
  }

  /** The window closes: what is written stays as a draft, and is saved yet. */
  async close(): Promise<void> {
    this.writing.set(this.current())
    this.#readBody = null
    if (this.isUnsaved) {
      this.keepNow()
      await this.save()
    }
    if (!this.isUnsaved) this.#end()
  }

  /** Nothing of it is wanted any more. Answers which draft there is to discard. */
  async discard(): Promise<MessageId | null> {
    this.#end()
    await this.#lastCall
    return this.#draftId
  }

  /** Sends it once the calls before are answered. A name that was used before says that it is asked for again. */
  send(sendAt: number | null, again: KeptDraft["sending"] = null): Promise<SendOutcome> {
    this.#sendUnderWay ??= this.#send(sendAt, again).finally(() => {
      this.#sendUnderWay = null
    })
    return this.#sendUnderWay
  }

  #send(sendAt: number | null, again: KeptDraft["sending"]): Promise<SendOutcome> {
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer)
    this.standing.set({ _tag: "Sending" })
    return this.#inTurn(async () => {
      if (this.#isOver) return { _tag: "NotSent" }
      const draft = draftOf(this.current())
      const sending = again ?? { operationId: newId(), draftId: this.#draftId, sendAt }
      this.#sending = sending
      this.standing.set({ _tag: "Sending" })
      this.keepNow()
      const outcome = await insist(this.#options.server, ["Send", { ...sending, draft }], {
        waits: () => this.standing.set({ _tag: "SendWaits" }),
        isWanted: () => true
      })
      this.#sending = null
      if (outcome === null || outcome._tag === "Refused") {
        if (outcome !== null) this.standing.set({ _tag: "Refused", refusal: outcome })
        this.keepNow()
        return { _tag: "NotSent" }
      }
      this.#end()
      return { _tag: "Sent", sendId: sending.operationId, sent: outcome.value }
    })
  }

  #touched(): void {
    this.#revision += 1
    const { _tag } = this.standing.get()
    if (_tag === "Untouched" || _tag === "Saved" || _tag === "Refused") this.standing.set({ _tag: "Changed" })
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer)
    this.#saveTimer = setTimeout(() => void this.save(), saveAfter)
    this.#keepTimer ??= setTimeout(() => this.keepNow(), keepAfter)
  }

  /** The octets of what is attached are parts of the new draft; the former one and its parts are gone. */
  #hasSaved({ messageId, attachments, isFormerGone }: SavedDraft, written: Writing): void {
    this.#draftId = messageId
    const given = draftOf(written).attachments
    const nowIn = new Map(given.flatMap(({ source }, at) => entryOf(source, attachments[at])))
    this.writing.set({
      ...this.current(),
      attachments: this.writing
        .get()
        .attachments.map((one) => (one.source === null ? one : { ...one, ...nowIn.get(keyOf(one.source)) }))
    })
    if (isFormerGone) this.isElsewhere.set(true)
    this.#saveStands(this.isUnsaved ? { _tag: "Changed" } : { _tag: "Saved", at: Date.now() })
    this.keepNow()
  }

  /** That it is to be sent is more than that it is saved. */
  #saveStands(standing: Standing): void {
    if (this.#sendUnderWay === null) this.standing.set(standing)
  }

  /** The draft is gone, and it was not us. */
  #watch(): void {
    const { gone } = this.#options.server.state.get()
    const { _tag } = this.standing.get()
    const isBusy = _tag === "Saving" || _tag === "Kept" || _tag === "Sending" || _tag === "SendWaits"
    if (!isBusy && this.#draftId !== null && gone.has(this.#draftId)) this.isElsewhere.set(true)
  }

  #inTurn<A>(work: () => Promise<A>): Promise<A> {
    const next = this.#lastCall.then(work)
    this.#lastCall = next.catch(() => undefined)
    return next
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#leave()
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer)
    if (this.#keepTimer !== null) clearTimeout(this.#keepTimer)
    this.#options.keep(null)
  }
}

const keyOf = (source: NonNullable<Attached["source"]>): string =>
  source._tag === "Upload" ? source.uploadId : `${source.messageId}/${source.path}`

const entryOf = (
  source: NonNullable<Attached["source"]>,
  stored: SavedDraft["attachments"][number] | undefined
): ReadonlyArray<readonly [string, Pick<Attached, "source" | "sizeBytes">]> =>
  stored === undefined ? [] : [[keyOf(source), { source: stored.source, sizeBytes: stored.sizeBytes }]]
