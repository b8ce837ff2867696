import { Context, Duration, Effect, type Exit, Layer } from "effect"
import * as MailboxesLocal from "../../src/actors/mailbox/MailboxesLocal.ts"
import { type Listener, Mailboxes } from "../../src/actors/mailbox/MailboxProtocol.ts"
import * as HeldShards from "../../src/actors/sharding/HeldShards.ts"
import { MapMirror } from "../../src/actors/sharding/MapMirror.ts"
import { Ownership } from "../../src/actors/sharding/Ownership.ts"
import { type Peer, PeerAway, Peers } from "../../src/actors/sharding/Peers.ts"
import * as RouterCluster from "../../src/actors/sharding/RouterCluster.ts"
import * as Runner from "../../src/actors/sharding/Runner.ts"
import { ShardCosts } from "../../src/actors/sharding/ShardCosts.ts"
import * as Signpost from "../../src/actors/sharding/Signpost.ts"
import { Incarnation, RunnerId } from "../../src/domain/ids.ts"
import { Health } from "../../src/observability/health.ts"
import { ShardMap, ShardMapUnavailable } from "../../src/storage/cluster/ShardMap.ts"
import { OutboxBell } from "../../src/storage/outbox/OutboxBell.ts"
import { outcomeOf } from "./Database.ts"
import { postgresDrivers, type Servers } from "./drivers.ts"
import type { Process, Surroundings } from "./Process.ts"
import { front, type Planted, replaced, settings } from "./platform.ts"
import type { Life } from "./Timeline.ts"

/** What a process that runs mailboxes does for others. */
export type Serving = Mailboxes | Runner.Runner

/** The runners of a story, by their names, which are their addresses. */
export type Runners = ReadonlyMap<string, Process<Serving>>

const settingsOfRunner = { lease: Duration.seconds(4), moves: 8, retireWithin: Duration.seconds(20) }

/** A process that runs mailboxes. */
export const runnerProcess =
  (servers: Servers, runners: Runners, planted: Planted) =>
  ({ life, machine }: Surroundings) => {
    const record = {
      runnerId: RunnerId(machine.name),
      incarnation: Incarnation(life.name),
      address: machine.name,
      weight: 100,
      zone: "",
      version: ""
    }
    return Runner.layer(record, settingsOfRunner).pipe(
      Layer.provideMerge(Signpost.layer(record.runnerId, servers.shardCount)),
      Layer.provide(replaced(Mailboxes, planted.mailboxes)),
      Layer.provide(MailboxesLocal.layer),
      Layer.provide([leased(planted), ShardCosts.layer]),
      Layer.provide(HeldShards.layer(servers.shardCount)),
      Layer.provide(MapMirror.layer),
      Layer.provide([
        shardMapDriver(servers, life),
        peersDriver(servers, { life, runners }),
        postgresDrivers(servers, life),
        OutboxBell.layer,
        Health.layer
      ]),
      Layer.provide(settings),
      Layer.orDie
    )
  }

const leased = ({ lease }: Planted) =>
  Layer.effectContext(
    Effect.map(Effect.all([HeldShards.Held, Ownership, Effect.clock]), ([held, ownership, clock]) => {
      const parts = lease({ held, ownership }, clock)
      return Context.make(HeldShards.Held, parts.held).pipe(Context.add(Ownership, parts.ownership))
    })
  )

/** A process that takes mail, works on it and serves clients, and owns nothing. */
export const edgeProcess =
  (servers: Servers, runners: Runners, planted: Planted) =>
  ({ life }: Surroundings) =>
    front({ servers, life, planted }).pipe(
      Layer.provide(RouterCluster.layerCaller(servers.shardCount)),
      Layer.provide(MapMirror.layer),
      Layer.provide([shardMapDriver(servers, life), peersDriver(servers, { life, runners })]),
      Layer.provide(settings),
      Layer.orDie
    )

/** The shard map of all, behind the network; of its events any may be lost. */
const shardMapDriver = (
  { network, shardMap, timeline, dice }: Servers,
  life: Life
): Layer.Layer<ShardMap> => {
  const ask = <A>(what: string, statement: Effect.Effect<A, ShardMapUnavailable>) =>
    network
      .request<Exit.Exit<A, ShardMapUnavailable>>({
        from: life,
        to: "valkey",
        what,
        serve: (answer) => answer(outcomeOf(statement))
      })
      .pipe(
        Effect.mapError((cause) => new ShardMapUnavailable({ cause })),
        Effect.flatten
      )
  return Layer.succeed(ShardMap, {
    ...shardMap,
    read: ask("read map", shardMap.read),
    listen: (changed) =>
      shardMap.listen(() => {
        if (network.isCut(life.name, "valkey") || dice.isBelow(network.weather.requestLost)) return
        timeline.after(life, dice.below(5), changed)
      }),
    register: (...of) => ask("register", shardMap.register(...of)),
    renew: (...of) => ask("renew", shardMap.renew(...of)),
    leave: (...of) => ask("leave", shardMap.leave(...of)),
    lead: (...of) => ask("lead", shardMap.lead(...of)),
    swap: (...of) => ask("swap", shardMap.swap(...of)),
    pin: (...of) => ask("pin", shardMap.pin(...of)),
    drain: (...of) => ask("drain", shardMap.drain(...of))
  })
}

interface Caller {
  readonly life: Life
  readonly runners: Runners
}

/** Calls between processes: one connection per pair, so what comes of one listener comes in order, or it is lost. */
const peersDriver = (servers: Servers, { life, runners }: Caller): Layer.Layer<Peers> =>
  Layer.succeed(Peers, {
    at: (address) => {
      const target = runners.get(address)
      const call = <A, E>(what: string, effect: Effect.Effect<A, E, Serving>) =>
        servers.network
          .request<Exit.Exit<A, E>>({
            from: life,
            to: address,
            what,
            serve: (answer) => (target === undefined ? answer(null) : target.ask(effect, answer))
          })
          .pipe(
            Effect.mapError(({ isOpen }) => new PeerAway({ isOpen })),
            Effect.flatten
          )
      const peer: Peer = {
        ask: (ask) =>
          call(
            "ask",
            Effect.flatMap(Mailboxes, (mailboxes) => mailboxes.ask(ask))
          ),
        state: (mailboxId) =>
          call(
            "state",
            Effect.flatMap(Mailboxes, (mailboxes) => mailboxes.state(mailboxId))
          ),
        listen: (mailboxId, beyond, listener) => {
          const line = new Line(servers, { from: life, target, listener })
          return call(
            "listen",
            Effect.flatMap(Mailboxes, (mailboxes) => mailboxes.listen(mailboxId, beyond, line.far))
          ).pipe(
            Effect.tap(() => Effect.sync(() => line.guard())),
            Effect.map((remove) => () => line.hangUp(remove))
          )
        },
        handOver: (wish) =>
          call(
            "hand over",
            Effect.flatMap(Runner.Runner, (runner) => runner.handOver(wish))
          )
      }
      return peer
    }
  })

/** How often the two ends of a connection hear that the other one lives; after so many times of silence it is over. */
const heartbeatMillis = 1_000
const silences = 4

/** What a listener hears over a connection: in order, and once the connection is over, nothing but that. */
class Line {
  private readonly servers: Servers
  private readonly from: Life
  private readonly process: Process<Serving> | undefined
  private readonly listener: Listener
  /** Whose end the other end is. */
  private readonly farLife: Life | undefined
  private lastAt = 0
  private isOver = false
  private silent = 0

  constructor(
    servers: Servers,
    ends: { readonly from: Life; readonly target: Process<Serving> | undefined; readonly listener: Listener }
  ) {
    this.servers = servers
    this.from = ends.from
    this.process = ends.target
    this.farLife = ends.target?.life
    this.listener = ends.listener
  }

  /** What the owner's listener is. */
  get far(): Listener {
    return {
      wake: (wake) => this.carry(() => this.listener.wake(wake)),
      lost: () => this.carry(() => this.breakOff())
    }
  }

  /** Ends it where the other end is gone, frozen or out of reach for long. */
  guard(): void {
    const { timeline, network } = this.servers
    const look = (): void => {
      if (this.isOver) return
      const { farLife } = this
      const isAway = farLife?.condition !== "runs" || network.isCut(this.from.name, this.process?.name ?? "")
      this.silent = isAway ? this.silent + 1 : 0
      if (farLife?.condition === "dead" || this.silent >= silences) this.breakOff()
      else timeline.after(this.from, heartbeatMillis, look)
    }
    timeline.after(this.from, heartbeatMillis, look)
  }

  hangUp(remove: () => void): void {
    this.isOver = true
    const { farLife } = this
    if (farLife !== undefined) this.servers.timeline.after(farLife, this.servers.dice.below(5), remove)
  }

  private breakOff(): void {
    if (this.isOver) return
    this.isOver = true
    this.listener.lost()
  }

  private carry(arrive: () => void): void {
    const { timeline, network, dice } = this.servers
    const isBroken =
      network.isCut(this.from.name, this.process?.name ?? "") || dice.isBelow(network.weather.requestLost)
    if (isBroken) {
      timeline.after(this.from, dice.between(1, 4_000), () => this.breakOff())
      // What was sent after it does not come either.
      this.lastAt = Number.POSITIVE_INFINITY
      return
    }
    this.lastAt = Math.max(this.lastAt, timeline.now + dice.below(5))
    if (!Number.isFinite(this.lastAt)) return
    timeline.after(this.from, this.lastAt - timeline.now, () => {
      if (!this.isOver) arrive()
    })
  }
}
