import { ok } from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { deployment } from "../../support/certificate.ts"
import { fleetUnderTest, untilFair } from "../../support/fleet.ts"
import { fleetStory } from "../../support/fleetStory.ts"
import { canHaveLan, type LanHost, makeLan, type Partition } from "../../support/lan.ts"
import { databaseSetting, type Settings, temporaryFolder } from "../../support/platform.ts"
import { chaosRounds } from "../../support/rounds.ts"
import { makeTcpProxy } from "../../support/tcpProxy.ts"
import { hasValkey } from "../../support/valkey.ts"

const ways: ReadonlyArray<Partition> = ["both", "hears nothing", "is not heard"]

/** Longer than a lease, and than two that are connected wait for a sign of life: 4 seconds each. */
const long = Effect.sleep("6 seconds")

/** Beyond its own machine, a runner takes no calls without certificates. */
const certificates = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const credentials = yield* Effect.flatMap(deployment("a fleet"), (known) => known.credentials)
  const settings: Record<string, string> = {}
  for (const [name, text] of Object.entries(credentials)) {
    writeFileSync(`${folder}.${name}`, text)
    settings[`POSTROOM_REMOTE_TLS_${name.toUpperCase()}`] = `${folder}.${name}`
  }
  return settings satisfies Settings
})

/** Two runners as hosts of a network; the door and the servers are on the test's own machine, each at its own address. */
const fleetOnLan = Effect.gen(function* () {
  const { here, host } = yield* makeLan
  const hosts = new Map<string, LanHost>()
  const fleet = yield* fleetUnderTest({
    runners: 2,
    doors: 1,
    settings: yield* certificates,
    particular: ({ name, postgres, valkey }) =>
      Effect.gen(function* () {
        if (name === "door-1") return {}
        const at = yield* host
        hosts.set(name, at)
        const { port } = yield* makeTcpProxy({ host: "127.0.0.1", port: valkey.port }, here.valkey)
        const database = yield* makeTcpProxy(
          { host: "127.0.0.1", port: postgres.address.port },
          here.postgres
        )
        return {
          launcher: at.launcher,
          settings: {
            ...databaseSetting({ ...postgres.address, host: here.postgres, port: database.port }),
            POSTROOM_HOST: at.address,
            POSTROOM_VALKEY_URLS: `valkey://${here.valkey}:${port}`
          }
        }
      })
  })
  const [one, two] = [hosts.get("runner-1"), hosts.get("runner-2")]
  ok(one !== undefined && two !== undefined)
  return { fleet, one, others: { ...here, runner: two.address } }
})

describe.skipIf(!hasValkey || !canHaveLan)(
  "a fleet whose network falls apart (needs root, ip netns and iptables)",
  () => {
    it.scopedLive(
      "loses nothing and doubles nothing, whoever cannot reach or hear whom, and is whole again afterwards",
      () =>
        Effect.gen(function* () {
          const { fleet, one, others } = yield* fleetOnLan
          const { through } = yield* fleetStory(fleet)
          yield* untilFair(fleet)
          for (let round = 0; round <= chaosRounds; round++) {
            for (const [name, address] of Object.entries(others)) {
              yield* through(
                `a runner without its ${name}`,
                ({ more }) =>
                  Effect.forEach(
                    ways,
                    (way) =>
                      more(10).pipe(
                        Effect.zipRight(one.partition(address, way)),
                        Effect.zipRight(long),
                        Effect.zipRight(one.heal),
                        Effect.zipRight(untilFair(fleet))
                      ),
                    { discard: true }
                  ).pipe(Effect.zipRight(more(20))),
                ways.length
              )
            }
          }
        }),
      (1 + chaosRounds) * 1_800_000
    )
  }
)
