import { Array as Arrays, type Duration, Effect, Fiber, Option, Schedule, type Scope } from "effect"
import type { RpcClient } from "../../src/rpc/client.ts"
import { everybody } from "./faultPlatform.ts"
import { connectTo, makeLetters, newOffer, type Offer, offerOver } from "./offers.ts"
import type { Platform } from "./platform.ts"
import type { SmtpDialogue } from "./smtpDialogue.ts"
import { ask, makeWishes, type Wish } from "./wishes.ts"

/** Mail and wishes that several clients send at once, and what they were told of each. */
export interface Traffic {
  readonly offers: ReadonlyArray<Offer>
  readonly wishes: ReadonlyArray<Wish>
  /** Waits until so many more messages than now were accepted, or answered with 4xx; fails the test after a minute. */
  readonly more: (count: number, answer?: "accepted" | "deferred") => Effect.Effect<void>
  /** No more of it; waits for the answers to what is under way. */
  readonly end: Effect.Effect<void>
}

type Letters = ReturnType<typeof makeLetters>

/** A client that was told to come back later waits so long. */
const backOff = "20 millis"

export interface TrafficOptions {
  /** Keeps its Message-IDs apart from those of others. */
  readonly name: string
  /** Bounds what there will be to drain. */
  readonly maxOffers?: number
  /** Of each client after each message and wish; none = as much as the machine can do. */
  readonly pause?: Duration.DurationInput
}

/** Begins at once and goes on over every fault until `end`. */
export const startTraffic = (
  platform: Platform,
  { name, maxOffers = 4000, pause = 0 }: TrafficOptions
): Effect.Effect<Traffic, never, Scope.Scope> =>
  Effect.gen(function* () {
    const offers: Array<Offer> = []
    const wishes: Array<Wish> = []
    let isOver = false
    const isWanted = () => !isOver && offers.length < maxOffers

    const again = <A, E, R>(session: Effect.Effect<A, E, R>) =>
      Effect.repeat(session, { schedule: Schedule.spaced(backOff), while: isWanted })

    const offerNext = (dialogue: SmtpDialogue, protocol: "smtp" | "lmtp", letters: Letters) =>
      Effect.suspend(() => {
        const offer = newOffer(letters())
        offers.push(offer)
        return offerOver(dialogue, offer, protocol)
      }).pipe(Effect.tap((code) => Effect.sleep(code === "250" ? pause : backOff)))

    const mailOver = (protocol: "smtp" | "lmtp", letters: Letters) =>
      Effect.flatMap(
        connectTo(platform, protocol),
        Option.match({
          onNone: () => Effect.void,
          onSome: (dialogue) =>
            Effect.repeat(offerNext(dialogue, protocol, letters), {
              while: (code) => isWanted() && code !== "" && code !== "421"
            })
        })
      ).pipe(Effect.scoped, again)

    const askOrRest = (client: RpcClient, wish: Wish) =>
      Effect.flatMap(ask(client, wish), (isGranted) => Effect.sleep(isGranted ? pause : "100 millis"))

    const wishAs = (address: string) =>
      Effect.gen(function* () {
        const client = yield* platform.client(address)
        const others = everybody.filter((other) => other !== address)
        const next = makeWishes({ name: `${name}.${address.split("@")[0]}`, address, others })
        const round = Effect.flatMap(next(client), (found) => {
          wishes.push(...found)
          for (const wish of found) if ("offer" in wish) offers.push(wish.offer)
          return Effect.forEach(found, (wish) => (isWanted() ? askOrRest(client, wish) : Effect.void))
        })
        yield* again(round)
      }).pipe(Effect.scoped)

    const fibers = yield* Effect.forEach(
      [
        ...[1, 2, 3].map((n) => mailOver("smtp", makeLetters(`${name}.smtp${n}`, everybody))),
        mailOver("lmtp", makeLetters(`${name}.lmtp`, everybody)),
        wishAs("alice@demo.test"),
        wishAs("dave@other.test")
      ],
      (client) => Effect.forkScoped(client)
    )
    return {
      offers,
      wishes,
      more: (count, answer = "accepted") =>
        Effect.suspend(() => {
          const wanted = counted(offers, answer) + count
          return Effect.repeat(
            Effect.sync(() => counted(offers, answer)),
            { schedule: Schedule.spaced("10 millis"), until: (found) => found >= wanted }
          )
        }).pipe(
          Effect.timeoutFail({
            duration: "60 seconds",
            onTimeout: () =>
              new Error(
                `fewer than ${count} more messages were ${answer} within a minute; ${offers.length} were offered`
              )
          }),
          Effect.asVoid,
          Effect.orDie
        ),
      end: Effect.suspend(() => {
        isOver = true
        return Effect.asVoid(Fiber.joinAll(fibers))
      })
    }
  })

/** Offers over SMTP and LMTP by their last answer. */
export const counted = (offers: ReadonlyArray<Offer>, answer: "accepted" | "deferred"): number =>
  offers.filter(({ fate, reply }) =>
    answer === "accepted" ? fate === "accepted" && reply !== "" : reply.startsWith("4")
  ).length

/** Asks again for every wish that was not answered; each is to be granted now, and to have happened once. */
export const repeatWishes = (platform: Platform, { wishes }: Pick<Traffic, "wishes">): Effect.Effect<void> =>
  Effect.forEach(
    Object.entries(Arrays.groupBy(wishes, ({ address }) => address)),
    ([address, own]) =>
      Effect.flatMap(platform.client(address), (client) =>
        Effect.forEach(
          own.filter(({ isAcknowledged }) => !isAcknowledged),
          (wish) =>
            Effect.filterOrDieMessage(
              ask(client, wish),
              (isGranted) => isGranted,
              `I8: ${wish._tag} ${wish.operationId} is refused when asked again`
            )
        )
      ),
    { discard: true }
  ).pipe(Effect.scoped)
