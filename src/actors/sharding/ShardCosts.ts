import { Context, Duration, Effect, Layer, Schedule, type Scope } from "effect"
import { type Cost, noCost, type Spent, spentLoad } from "../../domain/Cost.ts"
import type { MailboxId, RunnerId, ShardId } from "../../domain/ids.ts"
import { type ShardReport, ShardReports } from "../../storage/cluster/ShardReports.ts"
import { HeavyHitters } from "./HeavyHitters.ts"

/** What the work of this runner costs. Plain calls, cheap enough for every commit. */
export class ShardCosts extends Context.Tag("postroom/actors/ShardCosts")<
  ShardCosts,
  {
    /** A commit of so many commands took so long and wrote so much. */
    readonly spent: (mailboxId: MailboxId, shardId: ShardId, spent: Spent) => void
    /** So many callers more, or fewer, wait for mailboxes of the shard. */
    readonly watching: (shardId: ShardId, by: number) => void
    /** So many mailboxes of the shard more, or fewer, are in memory. */
    readonly holding: (shardId: ShardId, by: number) => void
    readonly report: (runnerId: RunnerId) => ShardReport
  }
>() {
  static readonly layer: Layer.Layer<ShardCosts> = Layer.effect(
    ShardCosts,
    Effect.map(Effect.clock, (clock) => {
      const costs = new Map<ShardId, { -readonly [K in keyof Cost]: Cost[K] }>()
      const heavy = new HeavyHitters<MailboxId, ShardId>(known)
      let startedAt = clock.unsafeCurrentTimeMillis()

      const costOf = (shardId: ShardId) => {
        const before = costs.get(shardId)
        if (before !== undefined) return before
        const cost = { ...noCost }
        costs.set(shardId, cost)
        return cost
      }

      /** Instead of all that is old losing weight, what is new weighs more; before that grows too large, all is scaled. */
      const growth = (): number => {
        const halves = (clock.unsafeCurrentTimeMillis() - startedAt) / halfLifeMillis
        if (halves < mostHalves) return 2 ** halves
        const factor = 2 ** -halves
        for (const cost of costs.values()) {
          cost.commitMillis *= factor
          cost.bytes *= factor
          cost.commands *= factor
        }
        heavy.scale(factor)
        startedAt += halves * halfLifeMillis
        return 1
      }

      return ShardCosts.of({
        spent: (mailboxId, shardId, spent) => {
          const weight = growth()
          const cost = costOf(shardId)
          cost.commitMillis += weight * spent.commitMillis
          cost.bytes += weight * spent.bytes
          cost.commands += weight * spent.commands
          heavy.add(mailboxId, shardId, weight * spentLoad(spent))
        },
        watching: (shardId, by) => {
          costOf(shardId).watchers += by
        },
        holding: (shardId, by) => {
          costOf(shardId).mailboxes += by
        },
        report: (runnerId) => {
          const rate = perSecond / growth()
          const shards = new Map<ShardId, Cost>()
          for (const [shardId, { commitMillis, bytes, commands, ...now }] of costs) {
            const cost = {
              commitMillis: rate * commitMillis,
              bytes: rate * bytes,
              commands: rate * commands,
              ...now
            }
            if (isAnything(cost)) shards.set(shardId, cost)
            else costs.delete(shardId)
          }
          const hottest = heavy
            .top(told)
            .map(({ name, about, weight }) => ({ mailboxId: name, shardId: about, load: rate * weight }))
          return { runnerId, shards, hottest: hottest.filter(({ load }) => load >= negligible) }
        }
      })
    })
  )
}

const halfLifeMillis = 60_000
/** 2^50 leaves three digits of a double to what is oldest, which is nothing by then. */
const mostHalves = 50
/** What flows in evenly adds up to its rate times this many seconds. */
const perSecond = (1000 * Math.LN2) / halfLifeMillis
/** Mailboxes that are told apart. */
const known = 256
/** Mailboxes in a report. */
const told = 20
const negligible = 0.001

const isAnything = ({ commitMillis, commands, watchers, mailboxes }: Cost): boolean =>
  commitMillis >= negligible || commands >= negligible || watchers > 0 || mailboxes > 0

/** Tells the others every few seconds, as well as may be. */
export const publishCosts = (
  runnerId: RunnerId
): Effect.Effect<void, never, ShardCosts | ShardReports | Scope.Scope> =>
  Effect.gen(function* () {
    const costs = yield* ShardCosts
    const reports = yield* ShardReports
    const publish = Effect.suspend(() => Effect.ignore(reports.publish(costs.report(runnerId))))
    yield* Effect.forkScoped(Effect.repeat(publish, Schedule.spaced(interval)))
  })

const interval = Duration.seconds(3)
