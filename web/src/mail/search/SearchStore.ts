import type { FolderId, MessageId } from "../../../../src/domain/ids.ts"
import { comparePlaces } from "../../../../src/domain/MessageList.ts"
import type { Found, MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { makeStore, type Store } from "../../shell/store.ts"
import { later } from "../store/later.ts"
import type { MailStore } from "../store/MailStore.ts"

/** What is looked for. */
export interface Sought {
  /** In the server's language of searches; never empty. */
  readonly query: string
  /** null = everywhere. */
  readonly folderId: FolderId | null
}

export interface Hit {
  readonly id: MessageId
  readonly receivedAt: number
  /** The pieces in a row are the snippet. */
  readonly snippet: Found["hits"][number]["snippet"]
}

/** What came of a search so far. */
export interface SearchState {
  readonly sought: Sought
  /** Newest first; some may not be there any more, or not be what was looked for: see `rowsOf`. */
  readonly hits: ReadonlyArray<Hit>
  /** Where the next page begins; null at the end. */
  readonly after: Found["after"]
  /** False where so much mail waits for the index that not all of it was looked at. */
  readonly isComplete: boolean
  /** `misread`: the server cannot make sense of it. `away`: nobody could be asked; it will be asked again. */
  readonly status: "asking" | "answered" | "misread" | "away"
}

type Mail = Pick<MailStore, "search" | "state" | "isCurrent">

/** Hits of a page. */
const pageSize = 50
/** Hits that are kept; who looks for so many needs another search. */
const maxHits = 1_000
/** Between a change of the mailbox and asking again, milliseconds: the index is a little behind. */
const settling = 1_500

/** One search at a time, asked again as the mailbox changes. Only the answer to what was asked last counts. */
export class SearchStore {
  /** null = nobody looks for anything. */
  readonly state: Store<SearchState | null> = makeStore<SearchState | null>(null)
  /** As it is being typed; it may not have been asked yet. */
  readonly text: Store<string> = makeStore("")
  readonly #mail: Mail
  readonly #stops: ReadonlyArray<() => void>
  #asked = 0
  #seen: number | null = null
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(mail: Mail) {
    this.#mail = mail
    this.#stops = [
      mail.state.subscribe(() => this.#changed()),
      mail.isCurrent.subscribe(() => {
        if (mail.isCurrent.get() && this.state.get()?.status === "away") void this.#again()
      })
    ]
  }

  /** Looks for something else; a text without anything in it ends the search. */
  search(query: string, folderId: FolderId | null): void {
    const sought = { query: query.trim(), folderId }
    if (sought.query === "") this.clear()
    else this.#begin(sought)
  }

  #begin(sought: Sought): void {
    this.text.set(sought.query)
    this.state.set({ sought, hits: [], after: null, isComplete: true, status: "asking" })
    void this.#again()
  }

  clear(): void {
    this.#asked += 1
    this.#stopWaiting()
    this.text.set("")
    this.state.set(null)
  }

  /** More hits, where there are. */
  more(): void {
    const state = this.state.get()
    if (state === null || state.after === null || state.status !== "answered") return
    if (state.hits.length >= maxHits) return
    this.state.set({ ...state, status: "asking" })
    void this.#ask(state.after)
  }

  stop(): void {
    this.clear()
    for (const stop of this.#stops) stop()
  }

  /** The mailbox is another than when it was asked. */
  #changed(): void {
    const { modSeq } = this.#mail.state.get()
    if (this.state.get() === null || modSeq === this.#seen || this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#again()
    }, settling)
  }

  #stopWaiting(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  async #again(): Promise<void> {
    this.#stopWaiting()
    await this.#ask(null)
  }

  async #ask(after: Found["after"]): Promise<void> {
    const { sought } = this.state.get() ?? {}
    if (sought === undefined) return
    const asked = ++this.#asked
    if (after === null) this.#seen = this.#mail.state.get().modSeq
    const folderIds = sought.folderId === null ? [] : [sought.folderId]
    const outcome = await this.#mail.search({ query: sought.query, folderIds, after, limit: pageSize })
    const state = this.state.get()
    if (state === null || asked !== this.#asked) return
    if (outcome._tag === "Answered") {
      this.state.set(after === null ? renewed(state, outcome.value) : continued(state, outcome.value))
      this.#changed()
    } else if (outcome._tag === "Refused" && !outcome.isTemporary) {
      this.state.set({ ...state, hits: [], after: null, status: "misread" })
    } else {
      this.state.set({ ...state, status: "away" })
      if (outcome._tag === "Refused")
        later(() => {
          if (asked === this.#asked) void this.#again()
        })
    }
  }
}

const hitsOf = ({ hits }: Found): ReadonlyArray<Hit> =>
  hits.map(({ message: { id, receivedAt }, snippet }) => ({ id, receivedAt, snippet }))

/** The first page anew. What was found before stays, also where it is not found any more: nothing vanishes by being read. */
const renewed = (state: SearchState, found: Found): SearchState => {
  const { after, isComplete } = found
  const fresh = hitsOf(found)
  const known = new Set(fresh.map(({ id }) => id))
  const before = state.hits.filter(({ id }) => !known.has(id))
  const reachesFarther = after !== null && state.hits.some((hit) => isBehind(hit, after))
  return {
    ...state,
    hits: [...fresh, ...before].sort(comparePlaces).slice(0, maxHits),
    after: reachesFarther ? state.after : after,
    isComplete,
    status: "answered"
  }
}

const continued = (state: SearchState, found: Found): SearchState => {
  const known = new Set(state.hits.map(({ id }) => id))
  return {
    ...state,
    hits: [...state.hits, ...hitsOf(found).filter(({ id }) => !known.has(id))],
    after: found.after,
    isComplete: state.isComplete && found.isComplete,
    status: "answered"
  }
}

const isBehind = (hit: Hit, { receivedAt, messageId }: NonNullable<Found["after"]>): boolean =>
  hit.receivedAt < receivedAt || (hit.receivedAt === receivedAt && hit.id < messageId)

/** The hits that are still where they were looked for, each as it is now. */
export const rowsOf = (
  { hits, sought: { folderId } }: SearchState,
  messages: ReadonlyMap<MessageId, MessageRow>
): ReadonlyArray<{ readonly hit: Hit; readonly row: MessageRow }> =>
  hits.flatMap((hit) => {
    const row = messages.get(hit.id)
    return row === undefined || (folderId !== null && row.folderId !== folderId) ? [] : [{ hit, row }]
  })
