import { Session } from "node:inspector/promises"

/** Which blocks of some source files have run in this thread, as V8 counts them. */
export class Coverage {
  readonly #session = new Session()
  readonly #source: RegExp
  readonly #reached = new Set<string>()

  private constructor(source: RegExp) {
    this.#source = source
  }

  /** Of files whose URL fits. */
  static async start(source: RegExp): Promise<Coverage> {
    const coverage = new Coverage(source)
    coverage.#session.connect()
    await coverage.#session.post("Profiler.enable")
    await coverage.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
    return coverage
  }

  get blocks(): number {
    return this.#reached.size
  }

  /** Blocks that ran since the last call and never before. Those of what threw or was not optimised are among them. */
  async fresh(): Promise<ReadonlyArray<string>> {
    const { result } = await this.#session.post("Profiler.takePreciseCoverage")
    const ran = result
      .filter(({ url }) => this.#source.test(url))
      .flatMap(({ url, functions }) =>
        functions.flatMap(({ ranges }) =>
          ranges
            .filter(({ count }) => count > 0)
            .map((range) => `${url}:${range.startOffset}-${range.endOffset}`)
        )
      )
    return ran.filter((block) => !this.#reached.has(block))
  }

  add(blocks: ReadonlyArray<string>): void {
    for (const block of blocks) this.#reached.add(block)
  }
}
