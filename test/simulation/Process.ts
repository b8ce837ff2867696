import { Cause, type Context, Effect, type Exit, Fiber, Layer, Logger, Random, Runtime } from "effect"
import type { Dice } from "./Dice.ts"
import { type Machine, MachineClock, schedulerOf } from "./Machine.ts"
import { type Life, newLife, type Timeline } from "./Timeline.ts"

/** What a process is given of the world it runs in: its ports must die with this life. */
export interface Surroundings {
  readonly life: Life
  readonly machine: Machine
}

interface Running<R> extends Surroundings {
  readonly main: Fiber.RuntimeFiber<void>
  /** Undefined while its layers are being made. */
  runtime: Runtime.Runtime<R> | undefined
  /** Told when this life ends, of calls that are under way in it. */
  readonly onEnd: Set<() => void>
}

export interface ProcessOptions<R> {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly machine: Machine
  /** What it is made of. */
  readonly boot: (surroundings: Surroundings) => Layer.Layer<R>
}

/** A program that is started, killed, stopped as by SIGSTOP, and asked to end, again and again. */
export class Process<R> {
  readonly name: string
  lives = 0
  private running: Running<R> | undefined
  private readonly options: ProcessOptions<R>

  constructor(options: ProcessOptions<R>) {
    this.options = options
    this.name = options.machine.name
  }

  get machine(): Machine {
    return this.options.machine
  }

  /** The present one. */
  get life(): Life | undefined {
    return this.running?.life
  }

  get isUp(): boolean {
    return this.running !== undefined
  }

  /** Its layers are made, and it runs. */
  get isServing(): boolean {
    return this.running?.runtime !== undefined && this.running.life.condition === "runs"
  }

  start(): void {
    if (this.running !== undefined) return
    const { timeline, machine, boot } = this.options
    const life = newLife(`${this.name}.${++this.lives}`)
    timeline.tell(`${life.name} starts`)
    const main = Effect.scoped(
      Effect.flatMap(Layer.build(boot({ life, machine })), (context) => this.serve(life, context))
    )
    const running: Running<R> = {
      life,
      machine,
      main: this.fork(
        life,
        Effect.catchAllCause(main, (cause) => this.onFailure(life, cause))
      ),
      runtime: undefined,
      onEnd: new Set()
    }
    this.running = running
    running.main.addObserver(() => this.finish(life))
  }

  /** Ends between two steps: nothing of it is left but what it wrote. */
  kill(): void {
    const { running } = this
    if (running === undefined) return
    this.options.timeline.tell(`${running.life.name} is killed`)
    this.finish(running.life)
  }

  /** As SIGTERM. */
  terminate(): void {
    const { running } = this
    if (running === undefined) return
    this.options.timeline.tell(`${running.life.name} is asked to end`)
    this.fork(running.life, Fiber.interrupt(running.main))
  }

  /** As SIGSTOP. */
  freeze(): void {
    if (this.running === undefined) return
    this.options.timeline.tell(`${this.running.life.name} freezes`)
    this.options.timeline.stop(this.running.life)
  }

  /** As SIGCONT. */
  thaw(): void {
    if (this.running?.life.condition !== "stopped") return
    this.options.timeline.tell(`${this.running.life.name} thaws`)
    this.options.timeline.goOn(this.running.life)
  }

  /**
   * Does it there; `answer` hears what came of it, or null where the process was not there or ended before. The answer comes
   * in the time of who asks, who must still be there.
   */
  ask<A, E>(effect: Effect.Effect<A, E, R>, answer: (exit: Exit.Exit<A, E> | null) => void): void {
    const { running } = this
    if (running?.runtime === undefined) {
      answer(null)
      return
    }
    const end = () => answer(null)
    running.onEnd.add(end)
    const fiber = Runtime.runFork(running.runtime)(effect, { immediate: false })
    fiber.addObserver((exit) => {
      if (running.onEnd.delete(end)) answer(exit)
    })
  }

  private serve(life: Life, context: Context.Context<R>): Effect.Effect<never> {
    return Effect.flatMap(Effect.provide(Effect.runtime<R>(), context), (runtime) => {
      if (this.running?.life === life) this.running.runtime = runtime
      this.options.timeline.tell(`${life.name} serves`)
      return Effect.never
    })
  }

  private onFailure(life: Life, cause: Cause.Cause<unknown>): Effect.Effect<void> {
    return Effect.sync(() => {
      const why = Cause.isInterruptedOnly(cause) ? "in order" : Cause.pretty(cause).split("\n", 1)[0]
      this.options.timeline.tell(`${life.name} ended: ${why}`)
    })
  }

  private finish(life: Life): void {
    this.options.timeline.end(life)
    const { running } = this
    if (running?.life !== life) return
    this.running = undefined
    for (const end of [...running.onEnd]) end()
    running.onEnd.clear()
  }

  private fork<A, E>(life: Life, effect: Effect.Effect<A, E>): Fiber.RuntimeFiber<A, E> {
    const { timeline, dice, machine } = this.options
    return Effect.runFork(
      effect.pipe(
        Effect.withClock(new MachineClock(timeline, machine, life)),
        Effect.withRandom(Random.make(dice.below(2 ** 31))),
        Effect.provide(Logger.remove(Logger.defaultLogger))
      ),
      { scheduler: schedulerOf(timeline, life), immediate: false }
    )
  }
}
