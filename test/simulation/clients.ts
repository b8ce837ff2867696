import { Effect, Option, Schedule, Stream } from "effect"
import type { Ask } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { JournalEntry } from "../../src/domain/Change.ts"
import type { Command } from "../../src/domain/Command.ts"
import {
  CorrelationId,
  FolderId,
  type MailboxId,
  type MessageId,
  ModSeq,
  OperationId
} from "../../src/domain/ids.ts"
import type { Dice } from "./Dice.ts"
import { tenantId } from "./drivers.ts"
import { letter } from "./letters.ts"
import type { Network } from "./Network.ts"
import type { Process } from "./Process.ts"
import { Edge } from "./platform.ts"

export const inbox = FolderId(1)
export const archive = FolderId(6)

/** A message that somebody wanted to send. */
export interface Offer {
  readonly messageId: string
  readonly mailboxIds: ReadonlyArray<MailboxId>
  /** `unknown`: no answer, or one that leaves it open. */
  fate: "accepted" | "unknown"
}

/** A change that the owner of a mailbox wanted. Each touches what no other one touches. */
export interface Wish {
  readonly mailboxId: MailboxId
  readonly operationId: OperationId
  readonly messageId: MessageId
  readonly kind: "categorize" | "move"
  /** Where the mailbox was when it was granted; null = no such answer came. */
  granted: ModSeq | null
}

/** What a watcher was told of a mailbox, over all its connections. */
export interface Watched {
  readonly mailboxId: MailboxId
  readonly entries: Array<JournalEntry>
  told: ModSeq
}

/** A phone that waits for mail. */
export interface Waiter {
  readonly mailboxId: MailboxId
  /** How far it has looked. */
  known: ModSeq
}

/** What people know of the platform. */
export interface Witnesses {
  readonly offers: Array<Offer>
  readonly wishes: Array<Wish>
  readonly watched: ReadonlyArray<Watched>
  readonly waiters: ReadonlyArray<Waiter>
  /** The newest change of a mailbox that anybody was told of. */
  readonly seen: Map<MailboxId, ModSeq>
  /** Somebody looked, and was shown less than was known before it looked. */
  readonly staleLooks: Array<string>
  /** Programs that have something left to do. */
  busy: number
}

export interface ClientWorld {
  readonly dice: Dice
  readonly network: Network
  readonly edges: ReadonlyArray<Process<Edge>>
  readonly mailboxIds: ReadonlyArray<MailboxId>
  readonly witnesses: Witnesses
}

/** Through any edge; none where it did not serve, or ended before it answered. */
const at = <A, E>(
  { dice, edges }: ClientWorld,
  use: (edge: Edge["Type"]) => Effect.Effect<A, E>
): Effect.Effect<Option.Option<A>, E> =>
  Effect.async((resume) => {
    const edge = dice.pick(edges)
    edge?.ask(Effect.flatMap(Edge, use), (exit) =>
      resume(exit === null ? Effect.succeedNone : Effect.asSome(exit))
    )
  })

/** Through a load balancer, which may give the request to another edge besides. */
const relayed = <A, E>(
  world: ClientWorld,
  use: (edge: Edge["Type"]) => Effect.Effect<A, E>
): Effect.Effect<Option.Option<A>, E> =>
  Effect.suspend(() => {
    const besides = world.network.doubled()
    const asked = at(world, use)
    return besides === null
      ? asked
      : Effect.zipRight(Effect.forkDaemon(Effect.delay(Effect.ignore(asked), besides)), asked)
  })

/** Sends so many messages, one after the other, each once. */
export const sender = Effect.fnUntraced(function* (world: ClientWorld, name: string, count: number) {
  const { dice, mailboxIds, witnesses } = world
  for (let n = 0; n < count; n++) {
    yield* Effect.sleep(dice.below(1_500))
    const [first, ...others] = dice.some(mailboxIds, 0.5)
    const recipients = first === undefined ? mailboxIds : [first, ...others]
    const offer: Offer = { messageId: `${name}.${n}@test`, mailboxIds: recipients, fate: "unknown" }
    witnesses.offers.push(offer)
    const answer = yield* Effect.either(
      at(world, ({ accept }) =>
        accept(
          {
            sender: "",
            recipients: recipients.map((mailboxId) => ({ address: "", mailboxId, tenantId, detail: null })),
            correlationId: CorrelationId(offer.messageId),
            protocol: "smtp",
            hop: { clientName: "", clientAddress: null, serverName: "", transmission: "SMTP" }
          },
          letter(offer.messageId)
        )
      )
    )
    if (answer._tag === "Right" && Option.isSome(answer.right)) offer.fate = "accepted"
  }
  witnesses.busy--
})

/** Wishes for so many changes of messages of a mailbox, each again and again until it is granted, for a while. */
export const owner = Effect.fnUntraced(function* (world: ClientWorld, watched: Watched, count: number) {
  const { dice, witnesses } = world
  const { mailboxId } = watched
  const touched = new Set<MessageId>()
  for (let n = 0; n < count; n++) {
    yield* Effect.sleep(dice.below(2_000))
    const messageId = messagesOf(watched).find((id) => !touched.has(id))
    if (messageId === undefined) continue
    touched.add(messageId)
    const wish: Wish = {
      mailboxId,
      operationId: OperationId(`wish-${n}-${mailboxId.slice(-2)}`),
      messageId,
      kind: dice.isBelow(0.5) ? "categorize" : "move",
      granted: null
    }
    witnesses.wishes.push(wish)
    yield* insist(world, wish)
  }
  witnesses.busy--
})

const messagesOf = ({ entries }: Watched): ReadonlyArray<MessageId> =>
  entries.flatMap(({ change }) => (change._tag === "MessageAdded" ? [change.messageId] : []))

const insist = (world: ClientWorld, wish: Wish) =>
  relayed(world, ({ ask }) => ask(askFor(wish))).pipe(
    // Whoever waits this long asks again, and may then have asked twice at once.
    Effect.timeoutTo({ duration: "5 seconds", onSuccess: (answer) => answer, onTimeout: Option.none }),
    Effect.orElseSucceed(Option.none),
    Effect.map((answer) => {
      if (Option.isSome(answer)) {
        wish.granted = answer.value.modSeq
        see(world.witnesses, wish.mailboxId, answer.value.modSeq)
      }
      return Option.isSome(answer)
    }),
    Effect.repeat({ until: (isGranted) => isGranted, schedule: Schedule.spaced("400 millis"), times: 10 })
  )

export const categoryOf = ({ operationId }: Wish): string => operationId

const askFor = (wish: Wish): Ask => ({
  mailboxId: wish.mailboxId,
  command: commandOf(wish),
  origin: "client",
  correlationId: CorrelationId(wish.operationId),
  operationId: wish.operationId
})

const commandOf = (wish: Wish): Command =>
  wish.kind === "move"
    ? { _tag: "MoveMessages", messageIds: [wish.messageId], toFolderId: archive }
    : {
        _tag: "ChangeFlags",
        messageIds: [wish.messageId],
        addFlags: ["\\Seen"],
        removeFlags: [],
        addCategories: [categoryOf(wish)],
        removeCategories: []
      }

/** Watches from the first change on; whenever the connection breaks, connects anew and goes on from where it was. */
export const watcher = (world: ClientWorld, watched: Watched): Effect.Effect<never> =>
  at(world, ({ watch }) =>
    Stream.runForEach(watch(watched.mailboxId, watched.told), ({ entries, modSeq }) =>
      Effect.sync(() => {
        watched.entries.push(...entries)
        watched.told = modSeq
      })
    )
  ).pipe(Effect.ignore, Effect.zipRight(Effect.sleep("100 millis")), Effect.forever)

/** What somebody knew before is there, or more. */
const look = Effect.fnUntraced(function* (world: ClientWorld, mailboxId: MailboxId) {
  const { seen, staleLooks } = world.witnesses
  const before = seen.get(mailboxId) ?? 0
  const state = Option.getOrUndefined(yield* at(world, (edge) => edge.state(mailboxId)))
  if (state === undefined) return undefined
  if (state.modSeq < before) staleLooks.push(`${mailboxId} at ${state.modSeq}, known to be at ${before}`)
  see(world.witnesses, mailboxId, state.modSeq)
  return state
})

/** Looks at a mailbox now and then. */
export const reader = (world: ClientWorld, mailboxId: MailboxId): Effect.Effect<never> =>
  Effect.suspend(() => Effect.sleep(world.dice.between(100, 1_500))).pipe(
    Effect.zipRight(Effect.ignore(look(world, mailboxId))),
    Effect.forever
  )

/** Longer than a story lasts: who is not woken sleeps through its end. */
const patience = 3_600_000

/** Waits for changes of the Inbox, looks where it stands, waits on. */
export const waiter = (world: ClientWorld, waiting: Waiter): Effect.Effect<never> => {
  const { mailboxId } = waiting
  const wait = at(world, ({ park }) =>
    park(mailboxId, { folderId: inbox, beyond: waiting.known, forMillis: patience })
  )
  const looked = Effect.map(look(world, mailboxId), (state) => {
    waiting.known = state?.folders.get(inbox)?.highestModSeq ?? waiting.known
  })
  return Effect.suspend(() => wait).pipe(
    Effect.zipRight(looked),
    Effect.ignore,
    Effect.zipRight(Effect.sleep("50 millis")),
    Effect.forever
  )
}

export const newWitnesses = (mailboxIds: ReadonlyArray<MailboxId>): Witnesses => ({
  offers: [],
  wishes: [],
  watched: mailboxIds.map((mailboxId) => ({ mailboxId, entries: [], told: ModSeq(0) })),
  waiters: mailboxIds.map((mailboxId) => ({ mailboxId, known: ModSeq(0) })),
  seen: new Map(),
  staleLooks: [],
  busy: 0
})

const see = ({ seen }: Witnesses, mailboxId: MailboxId, modSeq: ModSeq): void => {
  seen.set(mailboxId, ModSeq(Math.max(modSeq, seen.get(mailboxId) ?? 0)))
}
