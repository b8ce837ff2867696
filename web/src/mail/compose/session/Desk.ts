import type { MessageId } from "../../../../../src/domain/ids.ts"
import type { Refusal, WritingRules } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import type { Words } from "../../../i18n/makeWords.ts"
import { type Compose, reopenCompose } from "../composes.ts"
import { newId } from "../newId.ts"
import { Attaching } from "./attach.ts"
import { begin } from "./begin.ts"
import { cleanRoom } from "./cleanRoom.ts"
import { DraftSession, type SessionOptions } from "./DraftSession.ts"
import { insist } from "./insist.ts"
import type { KeptDraft } from "./KeptDraft.ts"
import { holdOpen, type Kept, openKept } from "./kept.ts"
import type { Server } from "./Server.ts"
import { emptyWriting } from "./Writing.ts"

/** A message with what is needed to write it. */
export interface Written {
  readonly session: DraftSession
  readonly attaching: Attaching
  readonly rules: WritingRules
  readonly inside: Document
  /** It was found here after its page had ended. */
  readonly isRecovered: boolean
}

export type Opening = Written | { readonly refusal: Refusal | null }

export interface Signatures {
  readonly ofNew: string
  readonly ofAnswers: string
}

/** All messages that are being written in this page. */
export class Desk {
  readonly server: Server
  readonly #sessions = new Map<string, DraftSession>()
  readonly #openings = new Map<string, Promise<Opening>>()
  readonly #left = new Map<string, KeptDraft>()
  #rules: Promise<WritingRules> | undefined
  #kept: Promise<Kept> | undefined

  constructor(server: Server) {
    this.server = server
  }

  /** What was open when the last page ended is opened again. */
  async recover(): Promise<void> {
    const kept = await this.#keptHere()
    for (const draft of await kept.takeAll()) {
      this.#left.set(draft.key, draft)
      reopenCompose(draft.key)
    }
  }

  /** The page is about to end. Answers whether something of it is here alone. */
  leave(): boolean {
    const drafts = [...this.#sessions.values()].map((session) => session.kept())
    this.#putNow?.(drafts)
    return drafts.some(({ isUnsaved, sending }) => isUnsaved || sending !== null)
  }

  open(compose: Compose, words: Words, signatures: Signatures): Promise<Opening> {
    const known = this.#openings.get(compose.key)
    if (known !== undefined) return known
    const opening = this.#open(compose, words, signatures)
    this.#openings.set(compose.key, opening)
    return opening
  }

  /** To be tried anew, or over. */
  forget(key: string): void {
    this.#openings.delete(key)
  }

  /** For good. */
  discard(messageId: MessageId): void {
    this.server.order({ tag: "DiscardDraft", payload: { messageId } })
  }

  /** Opens again what was thrown away a moment ago. */
  restore(draft: KeptDraft): void {
    const key = newId()
    this.#left.set(key, { ...draft, key, isUnsaved: true })
    reopenCompose(key)
  }

  #putNow: Kept["putNow"] | undefined

  async #open({ key, wish }: Compose, words: Words, signatures: Signatures): Promise<Opening> {
    const [rules, kept, inside] = await Promise.all([this.#writingRules(), this.#keptHere(), cleanRoom()])
    const left = this.#left.get(key)
    this.#left.delete(key)
    if (left !== undefined) return this.#write(key, { rules, kept, inside }, lostUploads(left), true)
    if (wish.kind === "kept")
      return this.#write(key, { rules, kept, inside }, { writing: emptyWriting, draftId: null }, false)
    const isAnswer = "messageId" in wish && wish.kind !== "draft"
    const begun = await begin(wish, {
      server: this.server,
      words,
      own: rules.from.map(({ address }) => address),
      signature: isAnswer ? signatures.ofAnswers : signatures.ofNew,
      inside
    })
    if (begun._tag === "Failed") {
      this.#openings.delete(key)
      return { refusal: begun.refusal }
    }
    return this.#write(key, { rules, kept, inside }, begun, false)
  }

  #write(
    key: string,
    { rules, kept, inside }: { readonly rules: WritingRules; readonly kept: Kept; readonly inside: Document },
    start: Pick<KeptDraft, "writing" | "draftId"> & Partial<Pick<KeptDraft, "isUnsaved" | "sending">>,
    isRecovered: boolean
  ): Written {
    const release = holdOpen(key)
    const options: SessionOptions = {
      key,
      server: this.server,
      start: { ...start, isUnsaved: start.isUnsaved ?? false, sending: start.sending ?? null },
      keep: (draft) => {
        if (draft !== null) return kept.put(draft)
        kept.drop(key)
        release()
        this.#sessions.delete(key)
        this.#openings.delete(key)
      }
    }
    const session = new DraftSession(options)
    this.#sessions.set(key, session)
    return { session, attaching: new Attaching(session, rules), rules, inside, isRecovered }
  }

  #writingRules(): Promise<WritingRules> {
    this.#rules ??= insist(this.server, ["WritingRules", undefined], {
      waits: () => undefined,
      isWanted: () => true
    }).then((outcome) => {
      if (outcome?._tag === "Answered") return outcome.value
      this.#rules = undefined
      throw new Error("nobody may write here")
    })
    return this.#rules
  }

  #keptHere(): Promise<Kept> {
    this.#kept ??= this.#writingRules().then(({ from }) => {
      const kept = openKept(from[0]?.address ?? "")
      this.#putNow = kept.putNow
      return kept
    })
    return this.#kept
  }
}

/** What was on its way when the page ended did not get there. */
const lostUploads = (draft: KeptDraft): KeptDraft => ({
  ...draft,
  writing: {
    ...draft.writing,
    attachments: draft.writing.attachments.map((one) =>
      one.source === null ? { ...one, upload: { _tag: "Failed", why: "lost" } } : one
    )
  }
})
