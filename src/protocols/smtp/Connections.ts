import { Duration } from "effect"
import type { SMTPServerSession } from "smtp-server"
import type { Wire } from "./LibraryServer.ts"
import { PeerTable } from "./PeerTable.ts"
import { limitsOf } from "./peerRates.ts"
import { type Reply, sessionReplies } from "./replies.ts"
import type { SmtpSettings } from "./SmtpConfig.ts"

/** What a connection is doing, which says who is waited for: the client (`command`, `data`) or us (`working`). */
type Phase = "command" | "data" | "working"

export interface Connection {
  readonly wire: Wire
  phase: Phase
  /** Epoch milliseconds of the last change of phase, and of the last command. */
  since: number
  /** Stops what we work on. */
  interrupt: (() => void) | null
  /** Counted in the peer table under this address. */
  peer: string | null
  hasFailed: boolean
  failures: number
  idleCommands: number
  /** True between MAIL and the answer to DATA. */
  isInTransaction: boolean
}

/** Every open connection of all listeners: limits, time-outs and the graceful stop. Times are epoch milliseconds. */
export class Connections {
  readonly #settings: SmtpSettings
  readonly #peers: PeerTable
  readonly #open = new Map<SMTPServerSession, Connection>()
  /** Those that were let in; who is told to go does not stand in anybody's way. */
  #admitted = 0
  #onDrained: (() => void) | null = null

  constructor(settings: SmtpSettings) {
    this.#settings = settings
    this.#peers = new PeerTable((address) => limitsOf(settings, address))
  }

  get size(): number {
    return this.#open.size
  }

  get isDraining(): boolean {
    return this.#onDrained !== null
  }

  get(session: SMTPServerSession): Connection | undefined {
    return this.#open.get(session)
  }

  open(session: SMTPServerSession, wire: Wire, now: number): void {
    this.#open.set(session, {
      wire,
      phase: "command",
      since: now,
      interrupt: null,
      peer: null,
      hasFailed: false,
      failures: 0,
      idleCommands: 0,
      isInTransaction: false
    })
  }

  /** Why the client may not come in. */
  admit(session: SMTPServerSession): Reply | null {
    if (this.isDraining) return sessionReplies.shuttingDown
    if (this.#admitted >= this.#settings.connections) return sessionReplies.tooManyConnections
    const connection = this.#open.get(session)
    if (connection === undefined) return sessionReplies.shuttingDown
    if (!this.#peers.connect(session.remoteAddress)) return sessionReplies.tooManyConnections
    connection.peer = session.remoteAddress
    this.#admitted += 1
    return null
  }

  /** Counts a command in; the reply to give instead of looking at it, where the client has gone too far. */
  count(
    connection: Connection,
    command: { readonly movesNothing: boolean; readonly isQuit: boolean }
  ): Reply | null {
    if (connection.hasFailed) connection.failures += 1
    connection.hasFailed = false
    if (command.isQuit) return null
    if (this.isDraining && !connection.isInTransaction) return sessionReplies.shuttingDown
    if (connection.failures >= this.#settings.errors) return sessionReplies.tooManyErrors
    if (command.movesNothing) connection.idleCommands += 1
    return connection.idleCommands > this.#settings.idleCommands ? sessionReplies.tooManyIdleCommands : null
  }

  close(session: SMTPServerSession): void {
    const connection = this.#open.get(session)
    if (connection === undefined) return
    this.#open.delete(session)
    if (connection.peer !== null) {
      this.#peers.disconnect(connection.peer)
      this.#admitted -= 1
    }
    if (this.#open.size === 0) this.#onDrained?.()
  }

  /** Ends what takes too long. To be called about once a second. */
  sweep(now: number): void {
    for (const connection of this.#open.values()) {
      if (now - connection.since >= this.#patience(connection.phase)) expire(connection)
    }
  }

  /** Asks everybody to leave: at once where no transaction is under way. `onDrained` when the last one is gone. */
  drain(onDrained: () => void): void {
    this.#onDrained = onDrained
    for (const connection of this.#open.values()) {
      if (!connection.isInTransaction) connection.wire.send(sessionReplies.shuttingDown)
    }
    if (this.#open.size === 0) onDrained()
  }

  /** Leaves nobody connected. */
  cut(): void {
    for (const connection of this.#open.values()) {
      connection.wire.send(sessionReplies.shuttingDown)
      connection.wire.destroy()
    }
  }

  #patience(phase: Phase): number {
    switch (phase) {
      case "command":
        return Duration.toMillis(this.#settings.commandTimeout)
      case "data":
        return Duration.toMillis(this.#settings.dataTimeout)
      case "working":
        return Duration.toMillis(this.#settings.acceptTimeout)
    }
  }
}

const expire = ({ phase, wire, interrupt }: Connection): void => {
  if (phase === "working") interrupt?.()
  else wire.send(phase === "data" ? sessionReplies.dataTooSlow : sessionReplies.timedOut)
}
