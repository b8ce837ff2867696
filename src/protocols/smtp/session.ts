import { randomUUID } from "node:crypto"
import { Cause, type Clock, Effect, Exit, type Fiber, Option } from "effect"
import type { SMTPServerDataStream, SMTPServerEnvelope } from "smtp-server"
import { CorrelationId } from "../../domain/ids.ts"
import { monotonicMillisOf } from "../../domain/monotonicMillis.ts"
import type { Boundaries } from "../../observability/boundaries.ts"
import { metrics } from "../../observability/metrics.ts"
import { spanned, within } from "../../observability/spans.ts"
import type { Tracing } from "../../observability/tracing.ts"
import type { InboundEnvelope, Intake } from "../../pipeline/Intake.ts"
import type { Connection, Connections } from "./Connections.ts"
import { checkCommandLine, movesNothing, verbOf } from "./commandLine.ts"
import type { SessionHandlers } from "./LibraryServer.ts"
import { MessageScan } from "./MessageScan.ts"
import type { PeerRates } from "./peerRates.ts"
import { ClientGone, discardRest, receive } from "./receive.ts"
import { queued, type Reply, replyOf, sessionReplies } from "./replies.ts"
import type { SmtpSettings } from "./SmtpConfig.ts"
import {
  beginTransaction,
  checkRecipient,
  envelopeOf,
  type Protocol,
  type Transaction
} from "./transaction.ts"

export interface SessionParts {
  readonly protocol: Protocol
  readonly settings: SmtpSettings
  readonly connections: Connections
  readonly rates: PeerRates
  readonly intake: typeof Intake.Service
  readonly boundaries: typeof Boundaries.Service
  readonly tracing: typeof Tracing.Service
  readonly clock: Clock.Clock
  /** Runs in the server's scope. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E>
}

/** What SMTP and LMTP commands mean to a listener. */
export const makeSessionHandlers = (parts: SessionParts): SessionHandlers => {
  const { protocol, settings, connections, clock } = parts
  const now = () => monotonicMillisOf(clock)
  // By envelope: the library makes a new one at RSET, EHLO, STARTTLS and after DATA, and so forgets the old for us.
  const transactions = new WeakMap<SMTPServerEnvelope, Transaction>()
  const openConnections = metrics.smtpConnections.labels(protocol)
  const countRecipient = (reply: Reply | null) =>
    metrics.smtpRecipients.labels(protocol, outcomeOf(reply)).inc()
  const countMessage = (outcome: string) => metrics.smtpMessages.labels(protocol, outcome).inc()

  const enter = (connection: Connection, phase: Connection["phase"]) => {
    connection.phase = phase
    connection.since = now()
  }

  /** Runs an effect that the client waits for. */
  const work = <A, E>(
    connection: Connection,
    effect: Effect.Effect<A, E>,
    then: (exit: Exit.Exit<A, E>) => void
  ) => {
    const fiber = parts.run(effect)
    connection.interrupt = () => fiber.unsafeInterruptAsFork(fiber.id())
    fiber.addObserver((exit) => {
      connection.interrupt = null
      enter(connection, "command")
      then(exit)
    })
  }

  const onCommand: SessionHandlers["onCommand"] = (session, line) => {
    const connection = connections.get(session)
    if (connection === undefined) return sessionReplies.shuttingDown
    connection.since = now()
    connection.isInTransaction = transactions.has(session.envelope)
    const verb = verbOf(line)
    const tooFar = connections.count(connection, {
      movesNothing: movesNothing(verb),
      isQuit: verb === "QUIT"
    })
    const wrong = tooFar ?? checkCommandLine(line, { protocol, lineBytes: settings.commandLineBytes })
    if (wrong !== null) return wrong
    if (verb === "VRFY") return sessionReplies.cannotVerify
    if (verb === "HELP") return protocol === "lmtp" ? sessionReplies.helpLmtp : sessionReplies.help
    return null
  }

  /** Asks how fast the client may be, where there is a limit at all. */
  const inTime = (
    connection: Connection,
    isWithin: Effect.Effect<boolean> | null,
    then: (isWithin: boolean) => void
  ) => {
    if (isWithin === null) return then(true)
    enter(connection, "working")
    work(connection, isWithin, (exit) => then(Exit.isSuccess(exit) && exit.value))
  }

  const onConnect: SessionHandlers["onConnect"] = (session, answer) => {
    const refusal = connections.admit(session)
    const connection = connections.get(session)
    if (refusal !== null || connection === undefined) return answer(refusal)
    inTime(connection, parts.rates.mayConnect(session.remoteAddress), (isWithin) =>
      answer(isWithin ? null : sessionReplies.connectingTooFast)
    )
  }

  const onMail: SessionHandlers["onMail"] = (session, sender, answer) => {
    const begun = beginTransaction(sender, CorrelationId(randomUUID()))
    if ("code" in begun) return answer(begun)
    const connection = connections.get(session)
    if (connection === undefined) return answer(sessionReplies.shuttingDown)
    const { envelope } = session
    inTime(connection, parts.rates.maySend(session.remoteAddress), (isWithin) => {
      if (!isWithin) return answer(sessionReplies.sendingTooFast)
      connection.isInTransaction = true
      transactions.set(envelope, begun)
      answer(null)
    })
  }

  const onRcpt: SessionHandlers["onRcpt"] = (session, recipient, answer) => {
    const answerAndCount = (reply: Reply | null) => {
      countRecipient(reply)
      answer(reply)
    }
    const connection = connections.get(session)
    const transaction = transactions.get(session.envelope)
    if (transaction === undefined || connection === undefined)
      return answerAndCount(sessionReplies.noTransaction)
    const wrong = checkRecipient(transaction, { recipient, limit: settings.recipients })
    if (wrong !== null) return answerAndCount(wrong)
    enter(connection, "working")
    const resolve = parts.intake.resolve(recipient.address)
    work(connection, loggingDefects(resolve, transaction), (exit) => {
      if (Exit.isSuccess(exit)) transaction.recipients.push(exit.value)
      answerAndCount(Exit.isSuccess(exit) ? null : refusalOf(exit.cause))
    })
  }

  const takeMessage = (stream: SMTPServerDataStream, envelope: InboundEnvelope, onExcess: () => void) =>
    spanned(
      receive(stream, { scan: new MessageScan(settings.message), gatherBytes: settings.gatherBytes }),
      () => ({ name: "smtp receive" })
    ).pipe(
      Effect.flatMap((bytes) => parts.intake.accept(envelope, bytes)),
      Effect.ensuring(discardRest(stream, { maxBytes: settings.message.messageBytes, onExcess })),
      (taken) => loggingDefects(taken, envelope)
    )

  const afterMessage = (connection: Connection, isAccepted: boolean) => {
    connection.isInTransaction = false
    if (isAccepted) {
      connection.idleCommands = 0
      // The reply leaves at the end of this tick.
      setImmediate(() => parts.run(parts.boundaries.pass("replied")))
    }
    if (connections.isDraining) connection.wire.send(sessionReplies.shuttingDown)
  }

  const onData: SessionHandlers["onData"] = (session, stream, answer) => {
    const connection = connections.get(session)
    const transaction = transactions.get(session.envelope)
    if (transaction === undefined || connection === undefined) return answer([sessionReplies.noTransaction])
    const { correlationId } = transaction
    const envelope = envelopeOf(transaction, { session, protocol, serverName: settings.hostname })
    const onExcess = () => connection.wire.send(sessionReplies.farTooLarge)
    enter(connection, "data")
    stream.once("end", () => enter(connection, "working"))
    const span = parts.tracing.begin(() => ({
      name: "smtp message",
      kind: "server",
      attributes: { protocol, correlation_id: correlationId, recipients: envelope.recipients.length }
    }))
    work(connection, within(takeMessage(stream, envelope, onExcess), span), (exit) => {
      const reply = Exit.isSuccess(exit) ? queued(correlationId) : refusalOf(exit.cause)
      countMessage(messageOutcome(exit, reply))
      answer(protocol === "lmtp" ? transaction.recipients.map(() => reply) : [reply])
      afterMessage(connection, Exit.isSuccess(exit))
    })
  }

  return {
    onOpen: (session, wire) => {
      openConnections.inc()
      connections.open(session, wire, now())
    },
    onConnect,
    onCommand,
    onMail,
    onRcpt,
    onData,
    onReplied: (session, code) => {
      const connection = connections.get(session)
      if (connection !== undefined && code >= 400) connection.hasFailed = true
    },
    onClose: (session) => {
      openConnections.dec()
      connections.close(session)
    }
  }
}

const loggingDefects = <A, E>(
  effect: Effect.Effect<A, E>,
  { correlationId }: { readonly correlationId: CorrelationId }
): Effect.Effect<A, E> =>
  Effect.tapDefect(effect, (defect) =>
    Effect.annotateLogs(
      Effect.logError("an SMTP command failed by a defect", defect),
      "correlation_id",
      correlationId
    )
  )

/** What fails without a reason of its own (interrupted, a defect) may go better another time. */
const refusalOf = (cause: Cause.Cause<Parameters<typeof replyOf>[0] | ClientGone>): Reply =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => sessionReplies.failed,
    onSome: (error) => (error instanceof ClientGone ? sessionReplies.failed : replyOf(error))
  })

const messageOutcome = <A, E>(exit: Exit.Exit<A, E>, reply: Reply): string => {
  const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
  return Option.exists(failure, (error) => error instanceof ClientGone) ? "abandoned" : outcomeOf(reply)
}

const outcomeOf = (reply: Reply | null): "accepted" | "deferred" | "refused" => {
  if (reply === null || reply.code < 400) return "accepted"
  return reply.code < 500 ? "deferred" : "refused"
}
