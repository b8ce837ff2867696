import { Array as Arrays, Effect, Option, Schema } from "effect"
import { Epoch, Incarnation, RunnerId, ShardId } from "../../domain/ids.ts"
import type {
  KnownRunner,
  Runner,
  RunnerLife,
  ShardEntry,
  ShardMap,
  ShardMapUnavailable,
  ShardSwap
} from "./ShardMap.ts"

export interface EncodedRunner {
  readonly text: string
  readonly leaseMillis: number
  readonly isDraining: boolean
}

export interface EncodedView {
  readonly version: number
  readonly ageMillis: number
  readonly runners: ReadonlyMap<string, EncodedRunner>
  readonly shards: ReadonlyMap<string, string>
  readonly pins: ReadonlyMap<string, string>
}

export interface EncodedSwap {
  readonly shard: string
  readonly expected: string | null
  readonly next: string
  readonly onlyAfter: RunnerLife | null
}

/** The shard map as its drivers see it: they keep and compare texts, and do not know what these say. */
export interface EncodedShardMap
  extends Pick<typeof ShardMap.Service, "listen" | "renew" | "leave" | "lead" | "drain"> {
  readonly read: Effect.Effect<EncodedView, ShardMapUnavailable>
  readonly register: (
    life: RunnerLife,
    text: string,
    leaseMillis: number
  ) => Effect.Effect<void, ShardMapUnavailable>
  /** Those that were done. */
  readonly swap: (
    swaps: ReadonlyArray<EncodedSwap>
  ) => Effect.Effect<ReadonlyArray<string>, ShardMapUnavailable>
  readonly pin: (shard: string, runner: RunnerId | null) => Effect.Effect<void, ShardMapUnavailable>
}

/** Asked for at once: meanwhile the driver answers nobody else. */
const maxSwapsAtOnce = 1000

/** What cannot be read in the map is told once and taken for nothing; an entry of that kind can be written over. */
export const fromEncoded = (encoded: EncodedShardMap): typeof ShardMap.Service => {
  let illegible: ReadonlyMap<string, string> = new Map()
  let told: ReadonlySet<string> = new Set()
  const readEntry = remembering(readShard)

  const tell = (names: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      const news = names.filter((name) => !told.has(name)).sort()
      told = new Set(names)
      return news.length === 0
        ? Effect.void
        : Effect.logError("the shard map has entries that cannot be read").pipe(
            Effect.annotateLogs({ entries: news.join(" ") })
          )
    })

  return {
    ...encoded,
    read: Effect.flatMap(encoded.read, ({ version, ageMillis, ...view }) => {
      const runners = readAll(view.runners, readRunner)
      const shards = readAll(view.shards, readEntry)
      const pins = readAll(view.pins, readPin)
      illegible = shards.illegible
      const names = [runners, shards, pins].flatMap((all) => Array.from(all.illegible.keys()))
      return Effect.as(tell(names), {
        version,
        ageMillis,
        runners: runners.read,
        shards: shards.read,
        pins: pins.read
      })
    }),
    register: (runner, leaseMillis) => encoded.register(runner, runnerText(runner), leaseMillis),
    swap: (swaps) =>
      Effect.forEach(Arrays.chunksOf(swaps, maxSwapsAtOnce), (some) =>
        encoded.swap(some.map((swap) => encodedSwap(swap, illegible)))
      ).pipe(Effect.map((done) => new Set(done.flat().map((shard) => ShardId(Number(shard)))))),
    pin: (shardId, runnerId) => encoded.pin(String(shardId), runnerId)
  }
}

const encodedSwap = (
  { shardId, expected, next, onlyAfter }: ShardSwap,
  illegible: ReadonlyMap<string, string>
): EncodedSwap => {
  const shard = String(shardId)
  return {
    shard,
    expected: expected === null ? (illegible.get(shard) ?? null) : entryText(expected),
    next: entryText(next),
    onlyAfter
  }
}

const readAll = <A, K, V>(
  all: ReadonlyMap<string, A>,
  readOne: (name: string, value: A) => Option.Option<readonly [K, V]>
) => {
  const read = new Map<K, V>()
  const illegible = new Map<string, A>()
  for (const [name, value] of all) {
    const one = readOne(name, value)
    if (Option.isSome(one)) read.set(...one.value)
    else illegible.set(name, value)
  }
  return { read, illegible }
}

/** Most of what is read is as it was the last time. */
const remembering = <A, B>(read: (name: string, value: A) => B) => {
  const last = new Map<string, { readonly value: A; readonly result: B }>()
  return (name: string, value: A): B => {
    const known = last.get(name)
    if (known?.value === value) return known.result
    const result = read(name, value)
    last.set(name, { value, result })
    return result
  }
}

const runnerId = Schema.String.pipe(Schema.fromBrand(RunnerId))
const incarnation = Schema.String.pipe(Schema.fromBrand(Incarnation))

const Entry = Schema.parseJson(
  Schema.Struct({
    owner: Schema.NullOr(
      Schema.Struct({ runnerId, incarnation, epoch: Schema.Int.pipe(Schema.fromBrand(Epoch)) })
    ),
    target: Schema.NullOr(runnerId)
  })
)

const RunnerDetails = Schema.parseJson(
  Schema.Struct({
    incarnation,
    address: Schema.String,
    weight: Schema.NonNegative,
    zone: Schema.String,
    version: Schema.String,
    isStopping: Schema.Boolean
  })
)

const decodeEntry = Schema.decodeOption(Entry)
const decodeRunner = Schema.decodeOption(RunnerDetails)

/** Entries are compared as texts: the order of the fields is part of them. */
const entryText = ({ owner, target }: ShardEntry): string =>
  JSON.stringify({
    owner:
      owner === null
        ? null
        : { runnerId: owner.runnerId, incarnation: owner.incarnation, epoch: owner.epoch },
    target
  })

const runnerText = ({ runnerId: _, ...details }: Runner): string => JSON.stringify(details)

const readRunner = (name: string, { text, ...others }: EncodedRunner) =>
  Option.map(decodeRunner(text), (details): readonly [RunnerId, KnownRunner] => [
    RunnerId(name),
    { runnerId: RunnerId(name), ...details, ...others }
  ])

const readShardId = (name: string): Option.Option<ShardId> =>
  /^\d{1,9}$/.test(name) ? Option.some(ShardId(Number(name))) : Option.none()

const readShard = (name: string, text: string) => Option.all([readShardId(name), decodeEntry(text)])

const readPin = (name: string, runner: string) =>
  Option.map(readShardId(name), (shardId): readonly [ShardId, RunnerId] => [shardId, RunnerId(runner)])
