import type { FolderId } from "../../../../src/domain/ids.ts"
import type { Refusal } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { makeStore, type Store } from "../../shell/store.ts"
import { Connection, type Presence, type Surroundings } from "../wire/Connection.ts"
import type { Answer, Command, Outcome, Payload, Tag } from "../wire/calls.ts"
import type { WireClient } from "../wire/WireClient.ts"
import { emptyState, type MailState } from "./MailState.ts"
import { Outbox } from "./Outbox.ts"
import { type Pending, shown, untold } from "./pending.ts"
import { forgotten, withPage, withRows, withTold } from "./told.ts"

export interface MailStoreOptions {
  readonly around: Surroundings
  /** A name for a command, unlike any other. */
  readonly newOperationId: () => string
  /** A command came to nothing, and is taken back. */
  readonly refused: (command: Command, refusal: Refusal) => void
}

/** Rows of a page of a list. */
const pageSize = 100

/** Where the server has said that it cannot now. */
const later = (again: () => void) => setTimeout(again, 1_000 + Math.random() * 1_000)

/** What a page shows of a mailbox, kept as the server has it. */
export class MailStore {
  readonly presence: Store<Presence> = makeStore<Presence>("connecting")
  /** With the commands that are on their way. */
  readonly state: Store<MailState> = makeStore(emptyState)
  /** How many commands the server has not answered. */
  readonly waiting: Store<number> = makeStore(0)
  /** False while there is more to be told than was told: after an absence, for example. */
  readonly isCurrent: Store<boolean> = makeStore(false)
  readonly #options: MailStoreOptions
  readonly #connection: Connection
  readonly #outbox: Outbox
  /** Folders whose lists are wanted, and those that are being read. */
  readonly #open = new Set<FolderId>()
  readonly #reading = new Set<FolderId>()
  #known: MailState = emptyState
  #pending: ReadonlyArray<Pending> = []
  #client: WireClient | null = null

  constructor(options: MailStoreOptions) {
    this.#options = options
    this.#outbox = new Outbox({
      done: ({ operationId, command }, { modSeq, more }) => {
        this.#setPending(
          this.#pending.map((one) => (one.operationId === operationId ? { ...one, doneAt: modSeq } : one))
        )
        if (more) this.order(command)
      },
      refused: ({ operationId, command }, refusal) => {
        this.#setPending(this.#pending.filter((one) => one.operationId !== operationId))
        this.#options.refused(command, refusal)
      }
    })
    this.#connection = new Connection(options.around, {
      presence: (presence) => this.presence.set(presence),
      opened: (client) => void this.#follow(client)
    })
  }

  /** Shows what will be at once; what comes of it, the server says. Answers by what name it can be undone. */
  order(command: Command): string {
    const operationId = this.#options.newOperationId()
    this.#setPending([...this.#pending, { operationId, command, doneAt: null }])
    this.#outbox.put({ operationId, command })
    return operationId
  }

  /** A question that no list is made of: `Lost` where there is no connection. */
  async ask<T extends Tag>(tag: T, payload: Payload<T>): Promise<Outcome<Answer<T>>> {
    return this.#client === null ? { _tag: "Lost" } : this.#client.ask(tag, payload)
  }

  /** The folder's list is wanted, from its top. */
  open(folderId: FolderId): void {
    this.#open.add(folderId)
    if (!this.#known.windows.has(folderId)) void this.#read(folderId)
  }

  /** More of an open list. */
  more(folderId: FolderId): void {
    if (this.#known.windows.get(folderId)?.belowUid !== null) void this.#read(folderId)
  }

  /** All messages of the conversation are known afterwards, where there is a connection. */
  async openThread(threadId: Payload<"Thread">["threadId"]): Promise<void> {
    const outcome = await this.ask("Thread", { threadId })
    if (outcome._tag === "Answered") this.#setKnown(withRows(this.#known, outcome.value.messages))
  }

  /** The way to the server may be free again. */
  nudge(): void {
    this.#connection.nudge()
  }

  stop(): void {
    this.#connection.stop()
  }

  async #follow(client: WireClient): Promise<void> {
    const ended = await client.follow(this.#known.modSeq, (told) => {
      this.#setKnown(withTold(this.#known, told))
      this.isCurrent.set(told._tag === "News" && !told.more)
      if (told._tag === "Hello") this.#greeted(client)
    })
    this.isCurrent.set(false)
    if (this.#client === client) this.#client = null
    if (ended._tag !== "Refused") return
    if (ended.reason === "expired") {
      this.#setKnown(forgotten(this.#known))
      void this.#follow(client)
    } else if (ended.isTemporary) later(() => void this.#follow(client))
  }

  /** What is read from now on is not older than what is told. */
  #greeted(client: WireClient): void {
    this.#client = client
    this.#reading.clear()
    this.#outbox.opened(client)
    for (const folderId of this.#open) if (!this.#known.windows.has(folderId)) void this.#read(folderId)
  }

  async #read(folderId: FolderId): Promise<void> {
    const client = this.#client
    if (client === null || this.#reading.has(folderId)) return
    this.#reading.add(folderId)
    const belowUid = this.#known.windows.get(folderId)?.belowUid ?? null
    const outcome = await client.ask("Page", { folderId, belowUid, limit: pageSize })
    // Of a connection that has ended there is nothing to be had, and after it the list is read anew.
    if (this.#client !== client) return
    this.#reading.delete(folderId)
    if (outcome._tag === "Answered") this.#setKnown(withPage(this.#known, folderId, outcome.value))
    else if (outcome._tag === "Refused" && outcome.isTemporary) later(() => void this.#read(folderId))
  }

  #setKnown(known: MailState): void {
    this.#known = known
    this.#setPending(untold(this.#pending, known.modSeq))
  }

  #setPending(pending: ReadonlyArray<Pending>): void {
    this.#pending = untold(pending, this.#known.modSeq)
    this.state.set(shown(this.#known, this.#pending))
    this.waiting.set(this.#pending.filter(({ doneAt }) => doneAt === null).length)
  }
}
