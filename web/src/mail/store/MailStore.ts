import type { MessageRow, News, Refusal } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { makeStore, type Store } from "../../shell/store.ts"
import { Connection, type Presence, type Surroundings } from "../wire/Connection.ts"
import type { Answer, Command, Outcome, Payload, Tag } from "../wire/calls.ts"
import type { WireClient } from "../wire/WireClient.ts"
import { ListReads, type Rows } from "./ListReads.ts"
import { later } from "./later.ts"
import { swept } from "./lists.ts"
import { emptyState, type MailList, type MailState } from "./MailState.ts"
import { Outbox } from "./Outbox.ts"
import { type Pending, shown, untold } from "./pending.ts"
import { forgotten, withRows, withTold } from "./told.ts"

export interface MailStoreOptions {
  readonly around: Surroundings
  /** A name for a command, unlike any other. */
  readonly newOperationId: () => string
  /** A command came to nothing, and is taken back. */
  readonly refused: (command: Command, refusal: Refusal) => void
}

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
  readonly #lists: ListReads
  #asking = 0
  readonly #newsListeners = new Set<(news: News) => void>()
  readonly #connected = new Set<(client: WireClient) => void>()
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
    this.#lists = new ListReads({ known: () => this.#known, became: (next) => this.#setKnown(next) })
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
    if (this.#client === null) return { _tag: "Lost" }
    this.#asking += 1
    const outcome = await this.#client.ask(tag, payload)
    this.#asking -= 1
    return outcome
  }

  /** The list is wanted, from its beginning; what does not pass its filter any more leaves it. */
  open(list: MailList): void {
    this.#lists.open(list)
  }

  /** More of an open list, at its end. */
  more(list: MailList): void {
    this.#lists.more(list)
  }

  /** These rows of an open list can be seen: what is not known of them is read, and soon what is beside them. */
  look(list: MailList, rows: Rows): void {
    this.#lists.look(list, rows)
  }

  /**
   * Shows an open list around that moment, epoch milliseconds. Answers which row is the first that was received before;
   * null where it cannot be said now.
   */
  jump(list: MailList, at: number): Promise<number | null> {
    return this.#lists.jump(list, at)
  }

  /** What was found out otherwise. */
  learn(rows: ReadonlyArray<MessageRow>): void {
    this.#setKnown(withRows(this.#known, rows))
  }

  /** All messages of the conversation are known afterwards, where there is a connection. */
  async openThread(threadId: Payload<"Thread">["threadId"]): Promise<void> {
    const outcome = await this.ask("Thread", { threadId })
    if (outcome._tag === "Answered") this.#setKnown(withRows(this.#known, outcome.value.messages))
  }

  /** For what is told beside mail: hears of every connection, also of the one that there is. */
  onConnection(listener: (client: WireClient) => void): () => void {
    this.#connected.add(listener)
    if (this.#client !== null) listener(this.#client)
    return () => void this.#connected.delete(listener)
  }

  /** All messages that are found are known afterwards. */
  async search(payload: Payload<"Search">): Promise<Outcome<Answer<"Search">>> {
    const outcome = await this.ask("Search", payload)
    if (outcome._tag === "Answered")
      this.#setKnown(
        withRows(
          this.#known,
          outcome.value.hits.map(({ message }) => message)
        )
      )
    return outcome
  }

  /** For who tells people of it: what is news, once the store has it. */
  onNews(listener: (news: News) => void): () => void {
    this.#newsListeners.add(listener)
    return () => void this.#newsListeners.delete(listener)
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
      else for (const listener of this.#newsListeners) listener(told)
    })
    this.isCurrent.set(false)
    if (this.#client === client) {
      this.#client = null
      this.#lists.lost()
    }
    if (ended._tag !== "Refused") return
    if (ended.reason === "expired") {
      this.#setKnown(forgotten(this.#known))
      void this.#follow(client)
    } else if (ended.isTemporary) later(() => void this.#follow(client))
  }

  /** What is read from now on is not older than what is told. */
  #greeted(client: WireClient): void {
    this.#client = client
    this.#outbox.opened(client)
    this.#lists.greeted(client)
    for (const listener of this.#connected) listener(client)
  }

  #setKnown(known: MailState): void {
    // What is on its way may be older than what is known: that must be kept to be compared.
    const mayForget = this.#asking === 0 && !this.#lists.isReading
    this.#known = mayForget ? swept(known) : known
    this.#setPending(untold(this.#pending, known.modSeq))
  }

  #setPending(pending: ReadonlyArray<Pending>): void {
    this.#pending = untold(pending, this.#known.modSeq)
    this.state.set(shown(this.#known, this.#pending))
    this.waiting.set(this.#pending.filter(({ doneAt }) => doneAt === null).length)
  }
}
