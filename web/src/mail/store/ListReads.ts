import type { ListStart } from "../../../../src/domain/MessageList.ts"
import type { WireClient } from "../wire/WireClient.ts"
import { later } from "./later.ts"
import { closed, openedAnew, withPage } from "./lists.ts"
import { type ListWindow, listKey, type MailList, type MailState } from "./MailState.ts"

/** Rows of a list, counted from its beginning. */
export interface Rows {
  readonly first: number
  readonly last: number
}

export interface ListReadsOptions {
  readonly known: () => MailState
  readonly became: (next: MailState) => void
}

/** Rows of a page of a list. */
const pageSize = 100

/** Lists that are kept up at once; of more, those that were opened longest ago are closed. */
const maxOpen = 10

const newest: ListStart = { _tag: "Skip", count: 0 }

/** Reads lists as far as somebody looks at them, one page of a list at a time. */
export class ListReads {
  readonly #options: ListReadsOptions
  /** By key; those that were opened last are last. */
  readonly #open = new Map<string, MailList>()
  readonly #looked = new Map<string, Rows>()
  /** Where pages that are under way begin. */
  readonly #reading = new Map<string, ListStart>()
  #client: WireClient | null = null

  constructor(options: ListReadsOptions) {
    this.#options = options
  }

  get isReading(): boolean {
    return this.#reading.size > 0
  }

  open(list: MailList): void {
    const key = listKey(list)
    this.#open.delete(key)
    this.#open.set(key, list)
    this.#looked.delete(key)
    this.#closeOthers()
    const window = this.#windowOf(list)
    if (window !== undefined && window.top === null)
      this.#options.became(openedAnew(this.#options.known(), list))
    else void this.#read(list, newest)
  }

  more(list: MailList): void {
    const floor = this.#windowOf(list)?.floor ?? null
    if (floor !== null) void this.#readNext(list, { _tag: "OlderThan", place: floor })
  }

  look(list: MailList, rows: Rows): void {
    const key = listKey(list)
    this.#looked.set(key, rows)
    const window = this.#windowOf(list)
    const from = window === undefined ? null : wantedStart(window, rows)
    if (from !== null) void this.#readNext(list, from)
  }

  /** Answers which row is the first that was received before; null where it cannot be said now. */
  async jump(list: MailList, at: number): Promise<number | null> {
    this.#looked.delete(listKey(list))
    if (!(await this.#read(list, { _tag: "Before", at }))) return null
    const window = this.#windowOf(list)
    if (window === undefined) return null
    const { messages } = this.#options.known()
    const place = window.ids.findIndex((id) => (messages.get(id)?.receivedAt ?? at) < at)
    return window.above + (place === -1 ? window.ids.length : place)
  }

  /** What is read from now on is not older than what is told. */
  greeted(client: WireClient): void {
    this.#client = client
    this.#reading.clear()
    for (const list of this.#open.values()) {
      if (this.#windowOf(list) === undefined) void this.#read(list, newest)
      else this.#lookAgain(list)
    }
  }

  lost(): void {
    this.#client = null
    this.#reading.clear()
  }

  #windowOf(list: MailList): ListWindow | undefined {
    return this.#options.known().windows.get(listKey(list))
  }

  #closeOthers(): void {
    for (const [key, list] of [...this.#open].slice(0, -maxOpen)) {
      this.#open.delete(key)
      this.#looked.delete(key)
      this.#reading.delete(key)
      this.#options.became(closed(this.#options.known(), list))
    }
  }

  #lookAgain(list: MailList): void {
    const rows = this.#looked.get(listKey(list))
    if (rows !== undefined) this.look(list, rows)
  }

  async #readNext(list: MailList, from: ListStart): Promise<void> {
    if (!this.#reading.has(listKey(list))) await this.#read(list, from)
  }

  /** Instead of what is being read of the list. Answers whether it is there. */
  async #read(list: MailList, from: ListStart): Promise<boolean> {
    const client = this.#client
    const key = listKey(list)
    if (client === null || !this.#open.has(key)) return false
    this.#reading.set(key, from)
    const outcome = await client.ask("Page", { ...list, from, limit: pageSize })
    // After a connection has ended the list is read anew; or somebody has gone to another place meanwhile.
    if (this.#client !== client || this.#reading.get(key) !== from) return false
    this.#reading.delete(key)
    if (outcome._tag === "Answered") {
      this.#options.became(withPage(this.#options.known(), { list, from, page: outcome.value }))
      this.#lookAgain(list)
      return true
    }
    if (outcome._tag === "Refused" && outcome.isTemporary) later(() => void this.#readNext(list, from))
    return false
  }
}

/** What is to be read so that rows can be seen, and soon those beside them; null where they can. */
const wantedStart = ({ ids, above, top, floor }: ListWindow, { first, last }: Rows): ListStart | null => {
  const end = above + ids.length
  const isFar = (top !== null && last < above - pageSize) || (floor !== null && first >= end + pageSize)
  if (isFar) return { _tag: "Skip", count: Math.max(0, first - pageSize / 4) }
  if (top !== null && first < above + pageSize / 2) return { _tag: "NewerThan", place: top }
  if (floor !== null && last >= end - pageSize / 2) return { _tag: "OlderThan", place: floor }
  return null
}
