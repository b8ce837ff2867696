import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { treeCpu } from "../measure/cpu.ts"
import { addUsers, counterOf, embeddedDatabase, untilReady } from "./postroom.ts"
import type { Target } from "./Target.ts"

export interface FleetOptions {
  readonly directory: string
  readonly runners: number
  readonly users: number
  /** Added to every port; fleets that run at once need different ones. */
  readonly portOffset: number
}

const program = fileURLToPath(new URL("../../scripts/fleet.cjs", import.meta.url))

/** Runners, an edge, mail and workers, each in a process of its own; their CPU is told by role. */
export const startFleet = async ({
  directory,
  runners,
  users,
  portOffset
}: FleetOptions): Promise<Target> => {
  const dataFolder = mkdtempSync(join(resolve(directory), "postroom-bench-"))
  const sizes = ["--runners", `${runners}`, "--edges", "1", "--port-offset", `${portOffset}`]
  const fleet = spawn(process.execPath, [program, "--data", dataFolder, ...sizes], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  process.once("exit", () => fleet.kill("SIGTERM"))
  const greeting = await untilReady(fleet)
  const portOf = (pattern: RegExp) => Number(pattern.exec(greeting)?.[1])
  const smtp = portOf(/smtp:\/\/[^:]+:(\d+)/)
  const lmtp = portOf(/LMTP on (\d+)/)
  await addUsers({ dataFolder, grpcUrl: `http://127.0.0.1:${portOf(/gRPC [^:]+:(\d+)/)}`, users })
  const { client, postmasterPid, delivered, check } = await counterOf(embeddedDatabase(dataFolder))
  const pids = new Map<string, number>(
    Object.entries(JSON.parse(readFileSync(join(dataFolder, "fleet", "pids.json"), "utf8")))
  )
  return {
    name: `fleet of ${runners}`,
    endpoint: (protocol) => ({ protocol, host: "127.0.0.1", port: protocol === "smtp" ? smtp : lmtp }),
    delivered,
    cpu: () => {
      const parts = new Map([["postgres", treeCpu(postmasterPid)]])
      for (const [name, pid] of pids) {
        const role = name.replace(/-\d+$/, "s")
        parts.set(role, (parts.get(role) ?? 0) + treeCpu(pid))
      }
      return Object.fromEntries(parts)
    },
    check,
    stop: async () => {
      await client.end()
      fleet.kill("SIGTERM")
      if (fleet.exitCode === null) await once(fleet, "exit")
      rmSync(dataFolder, { recursive: true, force: true })
    }
  }
}
