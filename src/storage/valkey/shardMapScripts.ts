import { script } from "./script.ts"

// `KEYS[1]` is the map. Its parts have its name before theirs, and its hash tag, so that a cluster keeps them in one place:
//
//   :meta     hash    born: milliseconds of the server's clock at the first change; version
//   :events   stream  the newest change
//   :runners  hash    runner → what it said of itself
//   :lives    hash    runner → incarnation
//   :lease:…  string  of a runner: its incarnation; goes when the lease ends
//   :leader   string  the coordinator's life; goes when its lease ends
//   :draining set     of runners
//   :shards   hash    shard → entry
//   :pins     hash    shard → runner

const parts = `
local function part(name) return KEYS[1] .. ':' .. name end
local function lease(runner) return part('lease:' .. runner) end
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`

// The map is small: it may change where others have filled the memory.
const change = (body: string) =>
  script(`#!lua flags=allow-oom${parts}
local function isKnown(runner, incarnation) return redis.call('HGET', part('lives'), runner) == incarnation end
local function setLease(runner, incarnation, millis) redis.call('SET', lease(runner), incarnation, 'PX', millis) end
local function changed()
  redis.call('HSETNX', part('meta'), 'born', string.format('%.0f', now()))
  local version = redis.call('HINCRBY', part('meta'), 'version', 1)
  redis.call('XADD', part('events'), 'MAXLEN', 1, '*', 'version', version)
end
${body}`)

/** Gives version, age, [runner, text, lease, isDraining] of each, and two flat lists of shards and pins. */
export const read = script(`#!lua flags=no-writes${parts}
local born, version = unpack(redis.call('HMGET', part('meta'), 'born', 'version'))
local texts = redis.call('HGETALL', part('runners'))
local runners = {}
for n = 1, #texts, 2 do
  local left = redis.call('PTTL', lease(texts[n]))
  -- In its last millisecond a key has 0 left and is still there.
  if left < 0 then left = 0 elseif left == 0 then left = 1 end
  runners[#runners + 1] = {texts[n], texts[n + 1], left, redis.call('SISMEMBER', part('draining'), texts[n])}
end
return {
  tonumber(version or 0), born and math.max(0, now() - born) or 0, runners,
  redis.call('HGETALL', part('shards')), redis.call('HGETALL', part('pins'))
}`)

/** Runner, incarnation, text, milliseconds. */
export const register = change(`local runner, incarnation, text, millis = unpack(ARGV)
redis.call('HSET', part('runners'), runner, text)
redis.call('HSET', part('lives'), runner, incarnation)
setLease(runner, incarnation, millis)
changed()`)

/** Runner, incarnation, milliseconds. Gives 1 where the map knows this life. */
export const renew = change(`local runner, incarnation, millis = unpack(ARGV)
if not isKnown(runner, incarnation) then return 0 end
setLease(runner, incarnation, millis)
return 1`)

/** Runner, incarnation, life. */
export const leave = change(`local runner, incarnation, life = unpack(ARGV)
if redis.call('GET', part('leader')) == life then redis.call('DEL', part('leader')) end
if not isKnown(runner, incarnation) then return end
redis.call('HDEL', part('runners'), runner)
redis.call('HDEL', part('lives'), runner)
redis.call('DEL', lease(runner))
changed()`)

/** Life, milliseconds. Gives 1 where this life has the coordinator's lease now: nobody else has, or who has is dead. */
export const lead = change(`local life, millis = unpack(ARGV)
local leader = redis.call('GET', part('leader'))
if leader and leader ~= life then
  local runner, incarnation = unpack(cjson.decode(leader))
  if redis.call('GET', lease(runner)) == incarnation then return 0 end
end
redis.call('SET', part('leader'), life, 'PX', millis)
return 1`)

/** For each: shard, expected entry or '', next entry, and runner and incarnation whose lease has to be over, or ''. Gives the shards that were done. */
export const swap = change(`local done = {}
for n = 1, #ARGV, 5 do
  local shard, expected, text, runner, incarnation = unpack(ARGV, n, n + 4)
  local isExpected = (redis.call('HGET', part('shards'), shard) or '') == expected
  if isExpected and (runner == '' or redis.call('GET', lease(runner)) ~= incarnation) then
    redis.call('HSET', part('shards'), shard, text)
    done[#done + 1] = shard
  end
end
if #done > 0 then changed() end
return done`)

/** Shard, and runner or ''. */
export const pin = change(`local shard, runner = unpack(ARGV)
if (redis.call('HGET', part('pins'), shard) or '') == runner then return end
if runner == '' then redis.call('HDEL', part('pins'), shard) else redis.call('HSET', part('pins'), shard, runner) end
changed()`)

/** Runner, and SADD or SREM. */
export const drain = change(`local runner, command = unpack(ARGV)
if redis.call(command, part('draining'), runner) == 1 then changed() end`)
