import { Effect, Layer, Option, Schema } from "effect"
import { MailboxId, RunnerId, ShardId } from "../../domain/ids.ts"
import { ShardMapUnavailable } from "../cluster/ShardMap.ts"
import { oldMillis, type ShardReport, ShardReports } from "../cluster/ShardReports.ts"
import { array } from "./replies.ts"
import { script } from "./script.ts"
import { Valkey } from "./Valkey.ts"

// `KEYS[1]` is a hash: runner → milliseconds of the server's clock, a space, and the report.

const parts = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function parse(text)
  local at, report = string.match(text, '^(%d+) (.*)$')
  return at and now() - tonumber(at), report
end`

/** Runner, report, and the milliseconds after which one of another runner is forgotten. */
const publish = script(`${parts}
local all = redis.call('HGETALL', KEYS[1])
for n = 1, #all, 2 do
  local age = parse(all[n + 1])
  if age and age >= tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], all[n]) end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f ', now()) .. ARGV[2])
redis.call('EXPIRE', KEYS[1], 3600)
return 1`)

/** Those that are younger than so many milliseconds. */
const read = script(`#!lua flags=no-writes${parts}
local reports = {}
for _, text in ipairs(redis.call('HVALS', KEYS[1])) do
  local age, report = parse(text)
  if age and age < tonumber(ARGV[1]) then table.insert(reports, report) end
end
return reports`)

const key = "{postroom:shards}:reports"

const Numbers = Schema.Number
/** Short, because there is a line for each shard. */
const Report = Schema.parseJson(
  Schema.Struct({
    runner: Schema.String,
    /** Shard, then its cost in the order of `Cost`. */
    shards: Schema.Array(Schema.Tuple(Numbers, Numbers, Numbers, Numbers, Numbers, Numbers)),
    hottest: Schema.Array(Schema.Tuple(Schema.String, Numbers, Numbers))
  })
)
const encode = Schema.encodeSync(Report)
const decode = Schema.decodeUnknownOption(Report)

const toText = ({ runnerId, shards, hottest }: ShardReport): string =>
  encode({
    runner: runnerId,
    shards: Array.from(shards, ([shardId, cost]) => [
      shardId,
      brief(cost.commitMillis),
      brief(cost.bytes),
      brief(cost.commands),
      cost.watchers,
      cost.mailboxes
    ]),
    hottest: hottest.map(({ mailboxId, shardId, load }) => [mailboxId, shardId, brief(load)])
  })

const brief = (value: number): number => Number(value.toPrecision(4))

/** What another version says in another way is not known. */
const fromText = (text: unknown): ReadonlyArray<ShardReport> =>
  Option.match(decode(text), {
    onNone: () => [],
    onSome: ({ runner, shards, hottest }) => [
      {
        runnerId: RunnerId(runner),
        shards: new Map(
          shards.map(([shardId, commitMillis, bytes, commands, watchers, mailboxes]) => [
            ShardId(shardId),
            { commitMillis, bytes, commands, watchers, mailboxes }
          ])
        ),
        hottest: hottest.map(([mailboxId, shardId, load]) => ({
          mailboxId: MailboxId(mailboxId),
          shardId: ShardId(shardId),
          load
        }))
      }
    ]
  })

const unavailable = (cause: unknown) => new ShardMapUnavailable({ cause })

/** Reports of all processes, by the server's clock. */
export const layer: Layer.Layer<ShardReports, never, Valkey> = Layer.effect(
  ShardReports,
  Effect.map(Valkey, (valkey) =>
    ShardReports.of({
      publish: (report) =>
        Effect.asVoid(
          Effect.mapError(publish(valkey, key, [report.runnerId, toText(report), oldMillis]), unavailable)
        ),
      read: Effect.mapBoth(read(valkey, key, [oldMillis]), {
        onFailure: unavailable,
        onSuccess: (reply) => array(reply).flatMap(fromText)
      })
    })
  )
)
