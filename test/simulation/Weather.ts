import type { Dice } from "./Dice.ts"

/** Probabilities of what may go wrong with one request. */
export interface Weather {
  /** Takes long. */
  readonly slow: number
  /** Is refused; nothing was done. */
  readonly refused: number
  /** Never arrives, and the caller does not know. */
  readonly requestLost: number
  /** Is done, but the caller never hears of it. */
  readonly answerLost: number
  /** Is done after the caller gave up. */
  readonly late: number
  /** Is done twice, where a load balancer is on the way. */
  readonly twice: number
}

export const calm: Weather = { slow: 0, refused: 0, requestLost: 0, answerLost: 0, late: 0, twice: 0 }

/**
 * Most stories have few kinds of faults and many of these: together they would hide each other. What comes twice has dice of its
 * own: stories without it are the same as before there was such a thing.
 */
export const anyWeather = (dice: Dice, doubles: Dice): Weather => {
  const strength = dice.pick([0.01, 0.03, 0.1]) ?? 0
  const perhaps = () => (dice.isBelow(0.4) ? strength : 0)
  return {
    slow: perhaps(),
    refused: perhaps(),
    requestLost: perhaps(),
    answerLost: perhaps(),
    late: perhaps(),
    twice: doubles.isBelow(0.3) ? (doubles.pick([0.03, 0.1, 0.3]) ?? 0) : 0
  }
}

/** What becomes of one request. All in milliseconds from now. */
export type Fate =
  | { readonly _tag: "Answered"; readonly there: number; readonly back: number }
  | { readonly _tag: "Refused"; readonly noticed: number }
  /** `there`: when it is done; null = never. */
  | { readonly _tag: "Lost"; readonly there: number | null; readonly noticed: number }

/** The time of one way: nothing that a program may rely on. */
const oneWay = (dice: Dice, { slow }: Weather): number =>
  dice.isBelow(slow) ? dice.between(10, 1_500) : dice.below(3)

export const fateOf = (dice: Dice, weather: Weather): Fate => {
  const there = oneWay(dice, weather)
  const noticed = dice.isBelow(0.5) ? dice.between(1, 20) : dice.between(20, 6_000)
  let left = dice.next()
  const falls = (probability: number): boolean => {
    left -= probability
    return left < 0
  }
  if (falls(weather.refused)) return { _tag: "Refused", noticed: there }
  if (falls(weather.requestLost)) return { _tag: "Lost", there: null, noticed }
  if (falls(weather.answerLost)) return { _tag: "Lost", there, noticed: there + noticed }
  if (falls(weather.late)) return { _tag: "Lost", there: noticed + dice.between(1, 3_000), noticed }
  return { _tag: "Answered", there, back: oneWay(dice, weather) }
}
