import { readdirSync, readFileSync } from "node:fs"

interface Process {
  readonly program: string
  readonly parent: number
  /** Its own time and that of children it has waited for, in milliseconds. */
  readonly cpuMillis: number
}

/** Linux counts in ticks of 10 ms. */
const tickMillis = 10

const read = (pid: number): Process | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1")
    // The name stands in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    const [user = 0, system = 0, waitedUser = 0, waitedSystem = 0] = fields.slice(11, 15).map(Number)
    return {
      program: text.slice(text.indexOf("(") + 1, text.lastIndexOf(")")),
      parent: Number(fields[1]),
      cpuMillis: (user + system + waitedUser + waitedSystem) * tickMillis
    }
  } catch {
    return undefined
  }
}

const everybody = (): ReadonlyMap<number, Process> => {
  const all = new Map<number, Process>()
  for (const name of readdirSync("/proc")) {
    const found = /^\d+$/.test(name) ? read(Number(name)) : undefined
    if (found !== undefined) all.set(Number(name), found)
  }
  return all
}

/** CPU milliseconds so far of the program of this name that was started last; 0 = there is none. */
export const programCpu = (program: string): number => {
  const [newest] = [...everybody()].filter(([, found]) => found.program === program).sort(([a], [b]) => b - a)
  return newest?.[1].cpuMillis ?? 0
}

export const parentOf = (pid: number): number => read(pid)?.parent ?? 0

/** CPU milliseconds of a process and everything below it so far; `except` names children that are left out. */
export const treeCpu = (root: number, except: ReadonlyArray<number> = []): number => {
  const all = everybody()
  const sum = (pid: number): number => {
    let total = all.get(pid)?.cpuMillis ?? 0
    for (const [child, { parent }] of all) if (parent === pid && !except.includes(child)) total += sum(child)
    return total
  }
  return sum(root)
}

/** Milliseconds in which any of the machine's CPUs did something: what is not ours and not the client's is noise. */
export const machineCpu = (): number => {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync("/proc/stat", "latin1").split("\n")[0] ?? ""
  )
    .split(/\s+/)
    .map(Number)
  return (user + nice + system + irq + softirq) * tickMillis
}
