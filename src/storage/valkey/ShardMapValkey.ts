import { Duration, Effect, Layer } from "effect"
import { type EncodedShardMap, type EncodedView, fromEncoded } from "../cluster/EncodedShardMap.ts"
import { type RunnerLife, ShardMap, ShardMapUnavailable } from "../cluster/ShardMap.ts"
import { array, textsOf } from "./replies.ts"
import type { Script } from "./script.ts"
import { makeEvents } from "./shardMapEvents.ts"
import * as scripts from "./shardMapScripts.ts"
import { Valkey } from "./Valkey.ts"

const mapKey = "{postroom:shards}"

const make = (pollInterval: Duration.Duration) =>
  Effect.gen(function* () {
    const valkey = yield* Valkey
    // A connection of its own: what others send, and how late its answers are, is nothing to a renewal.
    const connection = yield* valkey.blocking(Duration.zero)
    const { listen } = yield* makeEvents(yield* valkey.blocking(pollInterval), {
      stream: `${mapKey}:events`,
      pollInterval
    })
    const run = (script: Script, ...args: ReadonlyArray<string | number>) =>
      Effect.mapError(script(connection, mapKey, args), (cause) => new ShardMapUnavailable({ cause }))
    const isDone = (reply: unknown) => reply === 1

    const encoded: EncodedShardMap = {
      read: Effect.map(run(scripts.read), viewOf),
      listen,
      register: ({ runnerId, incarnation }, text, leaseMillis) =>
        Effect.asVoid(run(scripts.register, runnerId, incarnation, text, leaseMillis)),
      renew: ({ runnerId, incarnation }, leaseMillis) =>
        Effect.map(run(scripts.renew, runnerId, incarnation, leaseMillis), isDone),
      leave: (life) => Effect.asVoid(run(scripts.leave, life.runnerId, life.incarnation, lifeText(life))),
      lead: (life, leaseMillis) => Effect.map(run(scripts.lead, lifeText(life), leaseMillis), isDone),
      swap: (swaps) =>
        run(
          scripts.swap,
          ...swaps.flatMap(({ shard, expected, next, onlyAfter }) => [
            shard,
            expected ?? "",
            next,
            onlyAfter?.runnerId ?? "",
            onlyAfter?.incarnation ?? ""
          ])
        ).pipe(Effect.map((done) => array(done).map(String))),
      pin: (shard, runnerId) => Effect.asVoid(run(scripts.pin, shard, runnerId ?? "")),
      drain: (runnerId, isDraining) =>
        Effect.asVoid(run(scripts.drain, runnerId, isDraining ? "SADD" : "SREM"))
    }
    return fromEncoded(encoded)
  })

const lifeText = ({ runnerId, incarnation }: RunnerLife) => JSON.stringify([runnerId, incarnation])

const viewOf = (reply: unknown): EncodedView => {
  const [version, ageMillis, runners, shards, pins] = array(reply)
  return {
    version: Number(version),
    ageMillis: Number(ageMillis),
    runners: new Map(
      array(runners).map((runner) => {
        const [runnerId, text, leaseMillis, isDraining] = array(runner)
        return [
          String(runnerId),
          { text: String(text), leaseMillis: Number(leaseMillis), isDraining: isDraining === 1 }
        ]
      })
    ),
    shards: textsOf(shards),
    pins: textsOf(pins)
  }
}

/** The shard map of all processes; a change of which Valkey cannot tell is found within `pollInterval`. */
export const layer = (
  pollInterval: Duration.Duration = Duration.seconds(1)
): Layer.Layer<ShardMap, never, Valkey> => Layer.scoped(ShardMap, make(pollInterval))
