import { spawnSync } from "node:child_process"
import { Effect, type Scope } from "effect"

const run = (command: string, ...args: ReadonlyArray<string>): void => {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" })
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`)
}

/** Of this process alone: several may have one at a time. */
const mark = `pr${process.pid % 100_000}`
const subnet = `10.213.${process.pid % 250}`

/** Whether this machine lets us: we are root, and both programs and the kernel's part of them are there. */
export const canHaveLan = ((): boolean => {
  const name = `${mark}-try`
  const tried = [
    ["ip", "netns", "add", name],
    ["ip", "netns", "exec", name, "iptables", "-A", "INPUT", "-j", "DROP"],
    ["ip", "netns", "del", name]
  ].map(([command = "", ...args]) => spawnSync(command, args, { stdio: "ignore" }).status === 0)
  return tried.every((isDone) => isDone)
})()

/** What a partition does to packets between the two. */
export type Partition = "both" | "hears nothing" | "is not heard"

/** A machine of its own as far as the network goes. */
export interface LanHost {
  readonly address: string
  /** Starts a program there. */
  readonly launcher: ReadonlyArray<string>
  /** Packets from and to the address are dropped; nobody is told. */
  readonly partition: (address: string, how: Partition) => Effect.Effect<void>
  readonly heal: Effect.Effect<void>
}

export interface Lan {
  /** On the machine of the test, which has several. */
  readonly here: { readonly door: string; readonly valkey: string; readonly postgres: string }
  readonly host: Effect.Effect<LanHost, never, Scope.Scope>
}

/** A bridge to which hosts are wired; all of it goes with the scope. */
export const makeLan: Effect.Effect<Lan, never, Scope.Scope> = Effect.gen(function* () {
  const here = { door: `${subnet}.1`, valkey: `${subnet}.2`, postgres: `${subnet}.3` }
  const bridge = `${mark}b`
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      run("ip", "link", "add", bridge, "type", "bridge")
      for (const address of Object.values(here)) run("ip", "addr", "add", `${address}/24`, "dev", bridge)
      run("ip", "link", "set", bridge, "up")
    }),
    () => Effect.sync(() => run("ip", "link", "del", bridge))
  )
  let hosts = 0
  const host = Effect.gen(function* () {
    hosts += 1
    const [name, cable] = [`${mark}-${hosts}`, `${mark}v${hosts}`]
    const address = `${subnet}.${10 + hosts}`
    const there = ["ip", "netns", "exec", name]
    const inside = (...args: ReadonlyArray<string>): void => run("ip", "-n", name, ...args)
    const drop = (chain: string, end: string, other: string): void =>
      run("ip", "netns", "exec", name, "iptables", "-A", chain, end, other, "-j", "DROP")
    yield* Effect.acquireRelease(
      Effect.sync(() => run("ip", "netns", "add", name)),
      () => Effect.sync(() => run("ip", "netns", "del", name))
    )
    yield* Effect.sync(() => {
      run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
      run("ip", "link", "set", cable, "master", bridge, "up")
      inside("addr", "add", `${address}/24`, "dev", "eth0")
      inside("link", "set", "eth0", "up")
      inside("link", "set", "lo", "up")
    })
    const made: LanHost = {
      address,
      launcher: there,
      partition: (other, how) =>
        Effect.sync(() => {
          if (how !== "is not heard") drop("INPUT", "-s", other)
          if (how !== "hears nothing") drop("OUTPUT", "-d", other)
        }),
      heal: Effect.sync(() => run("ip", "netns", "exec", name, "iptables", "-F"))
    }
    return made
  })
  return { here, host }
})
