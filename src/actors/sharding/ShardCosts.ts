import { Context, Duration, Effect, Layer, Schedule, type Scope } from "effect"
import { type Cost, noCost, type Spent, spentLoad } from "../../domain/Cost.ts"
import type { MailboxId, RunnerId, ShardId } from "../../domain/ids.ts"
import { monotonicMillisOf } from "../../domain/monotonicMillis.ts"
import { type ShardReport, ShardReports } from "../../storage/cluster/ShardReports.ts"
import { HeavyHitters } from "./HeavyHitters.ts"

/** What is in memory of a shard. */
export interface Present extends Pick<Cost, "watchers" | "mailboxes"> {
  readonly shardId: ShardId
}

/** What the work of this runner costs. Plain calls, cheap enough for every commit. */
export class ShardCosts extends Context.Tag("postroom/actors/ShardCosts")<
  ShardCosts,
  {
    /** A commit of so many commands took so long and wrote so much. */
    readonly spent: (mailboxId: MailboxId, shardId: ShardId, spent: Spent) => void
    /** What is there is counted for each report. */
    readonly countsBy: (count: () => Iterable<Present>) => void
    readonly report: (runnerId: RunnerId) => ShardReport
  }
>() {
  static readonly layer: Layer.Layer<ShardCosts> = Layer.effect(
    ShardCosts,
    Effect.map(Effect.clock, (clock) => {
      const costs = new Map<ShardId, { -readonly [K in keyof Spent]: Spent[K] }>()
      let present: () => Iterable<Present> = () => []
      const heavy = new HeavyHitters<MailboxId, ShardId>(known)
      let startedAt = monotonicMillisOf(clock)

      const costOf = (shardId: ShardId) => {
        const before = costs.get(shardId)
        if (before !== undefined) return before
        const cost = { commitMillis: 0, bytes: 0, commands: 0 }
        costs.set(shardId, cost)
        return cost
      }

      /** Instead of all that is old losing weight, what is new weighs more; before that grows too large, all is scaled. */
      const growth = (): number => {
        const halves = (monotonicMillisOf(clock) - startedAt) / halfLifeMillis
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
        countsBy: (count) => {
          present = count
        },
        report: (runnerId) => {
          const rate = perSecond / growth()
          const shards = new Map<ShardId, Cost>()
          for (const [shardId, { commitMillis, bytes, commands }] of costs) {
            const cost = {
              ...noCost,
              commitMillis: rate * commitMillis,
              bytes: rate * bytes,
              commands: rate * commands
            }
            if (isAnything(cost)) shards.set(shardId, cost)
            else costs.delete(shardId)
          }
          for (const { shardId, ...now } of present()) {
            const cost = { ...(shards.get(shardId) ?? noCost), ...now }
            if (cost.watchers > 0 || cost.mailboxes > 0) shards.set(shardId, cost)
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

const isAnything = ({ commitMillis, commands }: Cost): boolean =>
  commitMillis >= negligible || commands >= negligible

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
