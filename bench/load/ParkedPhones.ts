import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { makeMails } from "../mailSource.ts"
import { type Account, Phone } from "./Phone.ts"
import { type Endpoint, SmtpConnection } from "./SmtpConnection.ts"

/** Where the phones of numbered mailboxes, 1 and up, are parked, and where their mail goes in. */
export interface ParkedAt {
  readonly mailboxes: number
  readonly account: (mailbox: number) => Account
  readonly address: (mailbox: number) => string
  readonly mail: Endpoint
  readonly heartbeatSeconds: number
}

interface Parked {
  readonly phone: Phone
  readonly mailbox: number
  readonly inbox: string
  key: string
}

/** Phones that wait for mail, and the mail that they wait for: in one process, so that there is one clock. */
export class ParkedPhones {
  readonly #at: ParkedAt
  readonly #fail: (problem: unknown) => void
  readonly #all: Array<Parked> = []
  /** By mailbox, when its last message was answered; null while it is on its way. */
  readonly #answeredAt = new Map<number, number | null>()
  #taken: Array<number> = []
  #isClosing = false

  constructor(at: ParkedAt, fail: (problem: unknown) => void) {
    this.#at = at
    this.#fail = fail
  }

  /** Until so many are parked, the phones of a mailbox one after the other: they share its sign-in. */
  async park(wanted: number): Promise<void> {
    const { mailboxes } = this.#at
    const first = this.#all.length
    const all = Array.from({ length: wanted - first }, (_, n) => first + n)
    let mailbox = 0
    const prepareAll = async () => {
      for (let own = mailbox++; own < mailboxes; own = mailbox++)
        for (const n of all) if (n % mailboxes === own) this.#start(await this.#prepare(n))
    }
    await Promise.all(Array.from({ length: 6 }, prepareAll))
    // What their coming needed is given back after a while only.
    await sleep(60_000)
  }

  /** Open loop: each message is sent when it is due. Milliseconds from its 250 to each phone that it woke. */
  async deliver(count: number, perSecond: number): Promise<ReadonlyArray<number>> {
    const { mailboxes, address, mail } = this.#at
    const connections = await Promise.all(
      Array.from({ length: 8 }, () => SmtpConnection.open(mail, this.#fail))
    )
    const used = Math.min(mailboxes, this.#all.length)
    const mails = makeMails({ profile: "10k", count, seed: this.#all.length, users: 1 })
    this.#taken = []
    const start = performance.now()
    for (const [index, one] of mails.entries()) {
      await sleep(Math.max(0, start + (index * 1000) / perSecond - performance.now()))
      const mailbox = 1 + (index % used)
      this.#answeredAt.set(mailbox, null)
      connections[index % connections.length]?.send({ ...one, recipient: address(mailbox) }, () =>
        this.#answeredAt.set(mailbox, performance.now())
      )
    }
    await sleep(Math.max(2_000, (2 * 1000) / perSecond))
    for (const connection of connections) connection.close()
    return this.#taken
  }

  close(): void {
    this.#isClosing = true
    for (const { phone } of this.#all) phone.close()
  }

  #start(parked: Parked): void {
    this.#all.push(parked)
    this.#live(parked).catch((problem) => {
      if (!this.#isClosing) this.#fail(problem)
    })
  }

  async #prepare(n: number): Promise<Parked> {
    const mailbox = 1 + (n % this.#at.mailboxes)
    const phone = new Phone(this.#at.account(mailbox), `PING${process.pid}N${n}`)
    await phone.provision()
    const inbox = await phone.inbox()
    return { phone, mailbox, inbox, key: (await phone.syncAll(inbox, 512)).key }
  }

  /** Parks, is woken, syncs, parks again. */
  async #live(parked: Parked): Promise<void> {
    while (!this.#isClosing) {
      const status = await parked.phone.ping(parked.inbox, this.#at.heartbeatSeconds)
      const since = this.#answeredAt.get(parked.mailbox)
      // One may be woken before the sender has read its answer.
      if (status === "2" && since !== undefined)
        this.#taken.push(since === null ? 0 : performance.now() - since)
      parked.key = (await parked.phone.sync(parked.inbox, parked.key, { window: 100 })).key
    }
  }
}
