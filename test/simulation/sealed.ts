import crypto from "node:crypto"
import { syncBuiltinESMExports } from "node:module"
import { MutableRef } from "effect"
import { globalValue } from "effect/GlobalValue"
import type { Dice } from "./Dice.ts"

/** Where Effect counts its fibers. */
const fiberCounter = globalValue(Symbol.for("effect/Fiber/Id/_fiberCounter"), () => MutableRef.make(0))

const refuse = (what: string) => (): never => {
  throw new Error(`the story reached for the real world: ${what}`)
}

/** Where Effect keeps each fiber that has no parent until it ends; one whose process was killed never does. */
const parentless = globalValue(Symbol.for("effect/FiberScope/Global"), () => ({ roots: new Set<unknown>() }))

/** Effect keeps a process alive by an interval that never comes due. */
const farAway = 2 ** 31 - 1

/**
 * Runs something that must not wait, with nothing of the real world in reach: time is what `now` says, chance is the
 * dice's, and whoever asks for a timer is refused.
 */
export const sealed = <A>(dice: Dice, now: () => number, run: () => A): A => {
  const real = {
    now: Date.now,
    random: Math.random,
    timeout: globalThis.setTimeout,
    interval: globalThis.setInterval,
    clear: globalThis.clearInterval,
    immediate: globalThis.setImmediate,
    uuid: crypto.randomUUID,
    fibers: MutableRef.get(fiberCounter),
    roots: new Set(parentless.roots),
    stackTraceLimit: Error.stackTraceLimit
  }
  // Most errors are part of the story; where they were made would cost more than the rest of them.
  Error.stackTraceLimit = 0
  Date.now = now
  Math.random = () => dice.next()
  Object.assign(globalThis, {
    setTimeout: refuse("setTimeout"),
    setInterval: (_: () => void, millis: number) => (millis === farAway ? 0 : refuse("setInterval")()),
    clearInterval: () => undefined,
    setImmediate: refuse("setImmediate")
  })
  crypto.randomUUID = () => uuidOf(dice)
  syncBuiltinESMExports()
  MutableRef.set(fiberCounter, 0)
  try {
    return run()
  } finally {
    Date.now = real.now
    Math.random = real.random
    Object.assign(globalThis, {
      setTimeout: real.timeout,
      setInterval: real.interval,
      clearInterval: real.clear,
      setImmediate: real.immediate
    })
    crypto.randomUUID = real.uuid
    syncBuiltinESMExports()
    MutableRef.set(fiberCounter, real.fibers)
    for (const fiber of parentless.roots) if (!real.roots.has(fiber)) parentless.roots.delete(fiber)
    Error.stackTraceLimit = real.stackTraceLimit
  }
}

const hex = (dice: Dice, digits: number): string =>
  dice
    .below(16 ** digits)
    .toString(16)
    .padStart(digits, "0")

const uuidOf = (dice: Dice): `${string}-${string}-${string}-${string}-${string}` =>
  `${hex(dice, 8)}-${hex(dice, 4)}-4${hex(dice, 3)}-a${hex(dice, 3)}-${hex(dice, 6)}${hex(dice, 6)}`
