import { readdirSync, readFileSync } from "node:fs"
import { parentPort, workerData } from "node:worker_threads"
import { Coverage } from "./Coverage.ts"
import { diceOf, mutated } from "./mutate.ts"
import type { Target } from "./Target.ts"
import { type Heard, inputBytes, Watched, type Work } from "./watched.ts"

/** Longer ones reach new code, too, but are no joy to keep. */
const keptBytes = 2048

const work: Work = workerData
const say = (heard: Heard) => parentPort?.postMessage(heard)
const watched = new Watched(work.memory)
const loaded: { readonly target: Target } = await import(`./targets/${work.target}.ts`)
const { target } = loaded
const { batchSize, check, seeds, source, words } = target

const ends = new Set<string>()

/** Whether it came to a new end. */
const tried = async (input: Uint8Array): Promise<boolean> => {
  watched.begin(input)
  try {
    const end = await check(input)
    const isNew = !ends.has(end)
    ends.add(end)
    return isNew
  } catch (error) {
    say({ kind: "broken", input, why: error instanceof Error ? `${error.stack}` : String(error) })
    return new Promise(() => undefined)
  }
}

const kept = readdirSync(work.folder)
  .filter((name) => !name.startsWith("failed-"))
  .map((name) => readFileSync(`${work.folder}${name}`))
const corpus: Array<Uint8Array> = [...seeds, ...kept]
for (const input of corpus) await tried(input)
const coverage = await Coverage.start(source)
for (const input of corpus) await tried(input)
coverage.add(await coverage.fresh())

const keep = (input: Uint8Array) => {
  corpus.push(input)
  say({ kind: "found", input })
}

/** Finds those of a batch that reach something new: each half is run alone until there is one input left. */
const sift = async (batch: ReadonlyArray<Uint8Array>): Promise<void> => {
  const [first] = batch
  if (first === undefined) return
  for (const input of batch) await tried(input)
  const fresh = await coverage.fresh()
  if (fresh.length === 0) return
  if (batch.length === 1) {
    coverage.add(fresh)
    keep(first)
    return
  }
  await sift(batch.slice(0, batch.length / 2))
  await sift(batch.slice(batch.length / 2))
}

const dice = diceOf(work.seed)
const next = (): Uint8Array =>
  target.mutated !== undefined && dice(2) === 0
    ? target.mutated(dice, corpus).subarray(0, inputBytes)
    : mutated(dice, corpus, words)

const end = performance.now() + work.minutes * 60_000
let lastSaid = performance.now()
let count = 0
while (performance.now() < end) {
  const batch = Array.from({ length: batchSize }, next)
  for (const input of batch) {
    const isNew = await tried(input)
    if (isNew && input.length <= keptBytes) keep(input)
  }
  count += batch.length
  if ((await coverage.fresh()).length > 0) await sift(batch.filter((input) => input.length <= keptBytes))
  if (performance.now() - lastSaid > 10_000) {
    lastSaid = performance.now()
    say({
      kind: "progress",
      text: `${count} inputs, ${coverage.blocks} blocks, ${ends.size} kinds of end, ${corpus.length} to change`
    })
  }
}
say({ kind: "progress", text: `${count} inputs in ${work.minutes} min, none broke ${work.target}` })
say({ kind: "done" })
