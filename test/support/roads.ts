import { Effect } from "effect"
import type { fleetUnderTest, Particular, Unborn } from "./fleet.ts"
import { databaseSetting } from "./platform.ts"
import { makeTcpProxy, type TcpProxy } from "./tcpProxy.ts"

/** The roads between a fleet's processes and to its servers, each of which may be made bad. */
export interface Roads {
  /** For the fleet: everybody gets roads of its own. */
  readonly particular: NonNullable<Parameters<typeof fleetUnderTest>[0]["particular"]>
  /** From a process to a server, or from all others to a process. */
  readonly of: (name: string, way: "to Valkey" | "to Postgres" | "from others") => TcpProxy
}

export const makeRoads = (): Roads => {
  const roads = new Map<string, TcpProxy>()
  const pave = (name: string, way: Parameters<Roads["of"]>[1], port: number) =>
    Effect.tap(makeTcpProxy({ host: "127.0.0.1", port }), (road) =>
      Effect.sync(() => roads.set(`${name} ${way}`, road))
    )
  return {
    particular: ({ name, ports, postgres, valkey }: Unborn) =>
      Effect.gen(function* () {
        const toValkey = yield* pave(name, "to Valkey", valkey.port)
        const toPostgres = yield* pave(name, "to Postgres", postgres.address.port)
        const fromOthers = yield* pave(name, "from others", ports["RUNNER"] ?? 0)
        const particular: Particular = {
          settings: {
            ...databaseSetting({ ...postgres.address, port: toPostgres.port }),
            POSTROOM_VALKEY_URLS: `valkey://127.0.0.1:${toValkey.port}`,
            POSTROOM_RUNNER_ADDRESS: `127.0.0.1:${fromOthers.port}`
          }
        }
        return particular
      }),
    of: (name, way) => {
      const road = roads.get(`${name} ${way}`)
      if (road === undefined) throw new Error(`there is no road ${way} of ${name}`)
      return road
    }
  }
}
