import { Effect, Either } from "effect"
import type { Dice } from "./Dice.ts"
import { type Life, newLife, type Timeline } from "./Timeline.ts"
import { calm, type Fate, fateOf, type Weather } from "./Weather.ts"

/** No answer came. */
export class Lost {
  readonly _tag = "Lost"
  /** False where it is certain that nothing was done. */
  readonly isOpen: boolean
  constructor(isOpen: boolean) {
    this.isOpen = isOpen
  }
}

export interface Request<A> {
  readonly from: Life
  /** Where it goes; places are cut off from each other by name. */
  readonly to: string
  readonly what: string
  /** Through a load balancer. */
  readonly isRelayed?: boolean
  /** Done there. `null` = nobody is there, or whoever did it is gone: the connection breaks. */
  readonly serve: (answer: (value: A | null) => void) => void
}

/** How long a caller waits before it takes a connection for dead that does not break. */
const patience = 8_000

/**
 * Between any two places. Each request has its own fate, so requests and answers overtake each other.
 *
 * What comes twice: inside of one connection nothing does, and no client that we use sends a request again by itself
 * (`autoResendUnfulfilledCommands` of Valkey's is off, S3's retries are `once`, `pg` knows none). So it is either our own code
 * that asks again after a lost answer, which is part of the story, with the first request perhaps done after the second
 * (`late`: it waited in the socket of a frozen server); or an HTTP load balancer that gives a request to the next server when one is
 * slow to answer: requests to the object store (`isRelayed`), and of clients to edges (`isDoubled`).
 */
export class Network {
  weather: Weather = calm
  private readonly timeline: Timeline
  private readonly dice: Dice
  private readonly doubles: Dice
  /** Places that nobody reaches, and pairs (`a b`) that do not reach each other. */
  private readonly cut = new Set<string>()
  /** What goes on without a process. */
  readonly wire: Life = newLife("wire")

  constructor(timeline: Timeline, { dice, doubles }: { readonly dice: Dice; readonly doubles: Dice }) {
    this.timeline = timeline
    this.dice = dice
    this.doubles = doubles
  }

  cutOff(place: string): void {
    this.cut.add(place)
  }

  cutBetween(one: string, other: string): void {
    this.cut.add(`${one} ${other}`).add(`${other} ${one}`)
  }

  healBetween(one: string, other: string): void {
    this.cut.delete(`${one} ${other}`)
    this.cut.delete(`${other} ${one}`)
  }

  healAll(): void {
    this.cut.clear()
  }

  heal(place: string): void {
    this.cut.delete(place)
  }

  isCut(from: string, to: string): boolean {
    const source = placeOf(from)
    return this.cut.has(to) || this.cut.has(source) || this.cut.has(`${source} ${to}`)
  }

  /** Sends something that is not answered; perhaps it does not come. */
  send(from: Life, to: { readonly place: string; readonly life: Life }, arrive: () => void): void {
    const fate = this.fate(from, to.place)
    if (fate._tag === "Answered") this.timeline.after(to.life, fate.there, arrive)
  }

  /** Milliseconds from now when a relayed request is done besides, answered to nobody: before the other one, or after it. */
  doubled(): number | null {
    return this.doubles.isBelow(this.weather.twice) ? this.doubles.below(3_000) : null
  }

  request<A>({ from, to, what, serve, isRelayed = false }: Request<A>): Effect.Effect<A, Lost> {
    return Effect.async<A, Lost>((resume) => {
      const { timeline, wire } = this
      let isOver = false
      const end = (outcome: Either.Either<A, Lost>): void => {
        if (isOver) return
        isOver = true
        resume(outcome)
      }
      const after = (life: Life, millis: number, task: () => void) => void timeline.after(life, millis, task)
      const lose = (millis: number, isOpen: boolean) =>
        after(from, millis, () => end(Either.left(new Lost(isOpen))))
      const fate = this.fate(from, to)
      if (fate._tag !== "Answered")
        timeline.tell(`${from.name} > ${to} ${what}: ${fate._tag} ${fateTimes(fate)}`)
      if (fate._tag === "Refused") return lose(fate.noticed, false)
      if (fate._tag === "Lost") {
        if (fate.there !== null) after(wire, fate.there, () => serve(() => undefined))
        return lose(fate.noticed, true)
      }
      const besides = isRelayed ? this.doubled() : null
      if (besides !== null) {
        timeline.tell(`${from.name} > ${to} ${what}: twice, ${besides}`)
        after(wire, besides, () => serve(() => undefined))
      }
      after(wire, fate.there, () =>
        serve((value) => {
          if (value === null) return lose(fate.back, true)
          after(from, fate.back, () => end(Either.right(value)))
        })
      )
      lose(patience + fate.there + fate.back, true)
    })
  }

  private fate(from: Life, to: string): Fate {
    if (!this.isCut(from.name, to)) return fateOf(this.dice, this.weather)
    return this.dice.isBelow(0.5)
      ? { _tag: "Refused", noticed: this.dice.between(1, 2_000) }
      : { _tag: "Lost", there: null, noticed: this.dice.between(1_000, patience) }
  }
}

/** The place of a life: its name without the count. */
const placeOf = (name: string): string => name.split(".", 1)[0] ?? name

const fateTimes = (fate: Fate): string =>
  fate._tag === "Lost" ? `${fate.there ?? "never"}, noticed ${fate.noticed}` : ""
