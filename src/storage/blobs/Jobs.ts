/** Work at the disk that somebody waits for. The system cannot recall a call, so work asks whether to go on. */
export class Job {
  #isAbandoned = false
  #isOver = false
  readonly #whenOver: Array<() => void> = []
  readonly startedInTick: number

  constructor(startedInTick: number) {
    this.startedInTick = startedInTick
  }

  get isAbandoned(): boolean {
    return this.#isAbandoned
  }

  /** Nobody waits for the result any more: undo it. */
  abandon(): void {
    this.#isAbandoned = true
  }

  /** Throws where the work has been abandoned. */
  check(): void {
    if (this.#isAbandoned) throw new Abandoned()
  }

  /** The first call ends the job; answers whether this was it. */
  end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    for (const tell of this.#whenOver) tell()
    return true
  }

  onEnd(tell: () => void): void {
    if (this.#isOver) tell()
    else this.#whenOver.push(tell)
  }
}

/** Thrown inside work that was abandoned; nobody is there to see it. */
export class Abandoned extends Error {
  override readonly name = "Abandoned"
}

/**
 * Runs jobs, a bounded number at a time and the others in the order of their coming, and ends those that take too
 * long. The work itself keeps its place until the system has answered: a disk that hangs is not buried in calls.
 */
export class Jobs {
  readonly #maxRunning: number
  readonly #ticksAllowed: number
  readonly #open = new Map<Job, () => void>()
  readonly #waiting: Array<() => void> = []
  readonly #whenIdle: Array<() => void> = []
  #running = 0
  #tick = 0

  constructor({ maxRunning, ticksAllowed }: { readonly maxRunning: number; readonly ticksAllowed: number }) {
    this.#maxRunning = maxRunning
    this.#ticksAllowed = ticksAllowed
  }

  /** Exactly one of the three is called, unless the job is abandoned by its caller. */
  start<A>(
    work: (job: Job) => Promise<A>,
    then: {
      readonly succeed: (value: A) => void
      readonly fail: (error: unknown) => void
      readonly expire: () => void
    }
  ): Job {
    const job = new Job(this.#tick)
    this.#open.set(job, then.expire)
    this.#run(job, work).then(
      (value) => this.#end(job) && then.succeed(value),
      (error) => this.#end(job) && then.fail(error)
    )
    return job
  }

  /** Called at a steady pace by the owner; a job ends once it has seen `ticksAllowed` of them go by whole. */
  tick(): void {
    this.#tick += 1
    for (const [job, expire] of this.#open) {
      if (this.#tick - job.startedInTick <= this.#ticksAllowed) return
      job.abandon()
      if (this.#end(job)) expire()
    }
  }

  /** Once no work is under way. */
  idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #end(job: Job): boolean {
    this.#open.delete(job)
    return job.end()
  }

  async #run<A>(job: Job, work: (job: Job) => Promise<A>): Promise<A> {
    if (this.#running >= this.#maxRunning) await new Promise<void>((go) => this.#waiting.push(go))
    else this.#running += 1
    try {
      job.check()
      return await work(job)
    } finally {
      this.#leave()
    }
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running -= 1
    else next()
    if (this.#running > 0) return
    for (const tell of this.#whenIdle.splice(0)) tell()
  }
}
