import type { Dice } from "./Dice.ts"

type Task = () => void

/** Something that runs: a life of a process, a server, the clients. What it was about to do ends with it. */
export interface Life {
  readonly name: string
  condition: "runs" | "stopped" | "dead"
  /** What came due while it was stopped. */
  readonly held: Array<Task>
}

export const newLife = (name: string): Life => ({ name, condition: "runs", held: [] })

interface Due {
  readonly life: Life
  readonly task: Task
}

interface Timer extends Due {
  readonly at: number
  readonly order: number
  isCancelled: boolean
}

/** More than any run takes: one that takes more goes round in circles. */
const maxSteps = 3_000_000

/**
 * Everything that happens, one after the other: first what fibers can do now, in the order in which they could (as in Node,
 * on which Effect relies); then time jumps to the next timer, and of those due together the seed picks the order. So minutes
 * take milliseconds, and a seed always tells the same story.
 */
export class Timeline {
  /** Milliseconds since the story began. */
  now = 0
  steps = 0
  private ready: Array<Due> = []
  private readonly timers = new TimerHeap()
  private order = 0
  private hash = 0x811c9dc5
  private readonly dice: Dice
  /** What was told, where somebody wants to read it. */
  readonly story: Array<string> | undefined

  constructor(dice: Dice, options: { readonly isTold: boolean }) {
    this.dice = dice
    this.story = options.isTold ? [] : undefined
  }

  /** Something that could happen now. */
  soon(life: Life, task: Task): void {
    this.ready.push({ life, task })
  }

  /** What comes back takes it away again. */
  after(life: Life, millis: number, task: Task): () => boolean {
    const at = this.now + Math.max(0, millis)
    const timer: Timer = { life, task, at, order: this.order++, isCancelled: false }
    this.timers.push(timer)
    return () => {
      const wasWaiting = !timer.isCancelled
      timer.isCancelled = true
      return wasWaiting
    }
  }

  /** A line of the story. Equal stories have equal digests. */
  tell(line: string): void {
    const whole = `${this.now} ${line}`
    for (let n = 0; n < whole.length; n++) this.hash = Math.imul(this.hash ^ whole.charCodeAt(n), 0x01000193)
    this.story?.push(whole)
  }

  get digest(): string {
    return `${(this.hash >>> 0).toString(16).padStart(8, "0")}-${this.steps}-${this.now}`
  }

  stop(life: Life): void {
    if (life.condition === "runs") life.condition = "stopped"
  }

  goOn(life: Life): void {
    if (life.condition !== "stopped") return
    life.condition = "runs"
    for (const task of life.held.splice(0)) this.soon(life, task)
  }

  end(life: Life): void {
    life.condition = "dead"
    life.held.length = 0
  }

  /** Goes on until nothing more can happen, `until` is reached, or it is over; true where it is over. */
  run(until: number, isOver: () => boolean): boolean {
    for (;;) {
      this.runReady()
      if (isOver()) return true
      const next = this.timers.nextAt()
      if (next === undefined || next > until) return false
      this.now = Math.max(this.now, next)
      for (const timer of this.dice.shuffled(this.timers.takeUntil(next))) {
        timer.isCancelled = true
        this.soon(timer.life, timer.task)
      }
    }
  }

  private runReady(): void {
    while (this.ready.length > 0) {
      const round = this.ready
      this.ready = []
      this.steps += round.length
      if (this.steps > maxSteps) throw new Error("the story does not come to an end: too many steps")
      for (const { life, task } of round) {
        if (life.condition === "runs") task()
        else if (life.condition === "stopped") life.held.push(task)
      }
    }
  }
}

/** The earliest first; of one time, in the order of their making. */
class TimerHeap {
  private readonly heap: Array<Timer> = []

  push(timer: Timer): void {
    const { heap } = this
    let index = heap.push(timer) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const other = heap[parent]
      if (other === undefined || isEarlier(other, timer)) break
      heap[index] = other
      index = parent
    }
    heap[index] = timer
  }

  nextAt(): number | undefined {
    while (this.heap[0]?.isCancelled === true) this.pop()
    return this.heap[0]?.at
  }

  /** All that are due by then, taken out. */
  takeUntil(at: number): Array<Timer> {
    const due: Array<Timer> = []
    for (let first = this.heap[0]; first !== undefined && first.at <= at; first = this.heap[0]) {
      this.pop()
      if (!first.isCancelled) due.push(first)
    }
    return due
  }

  private pop(): void {
    const { heap } = this
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const child = this.earlierChild(index)
      const other = heap[child]
      if (other === undefined || isEarlier(last, other)) break
      heap[index] = other
      index = child
    }
    heap[index] = last
  }

  private earlierChild(index: number): number {
    const left = this.heap[2 * index + 1]
    const right = this.heap[2 * index + 2]
    return left !== undefined && right !== undefined && isEarlier(right, left) ? 2 * index + 2 : 2 * index + 1
  }
}

const isEarlier = (left: Timer, right: Timer): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order)
