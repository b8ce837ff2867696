// A Postroom and phones parked at it, told by its parent (bench/ping.ts) what to do.
import { readFileSync } from "node:fs"
import { benchPassword, startPostroom } from "../targets/postroom.ts"
import { ParkedPhones } from "./ParkedPhones.ts"

/** What the parent wishes; each is answered by an `Answer`. */
export type Wish =
  | { readonly _tag: "Start"; readonly directory: string; readonly mailboxes: number }
  | { readonly _tag: "Park"; readonly phones: number }
  | { readonly _tag: "Deliver"; readonly count: number; readonly perSecond: number }
  | { readonly _tag: "Stop" }

/** Octets of resident memory of the server's process, and how long phones took to hear of mail, in milliseconds. */
export interface Answer {
  readonly rss: number
  readonly taken: ReadonlyArray<number>
}

const fail = (problem: unknown): never => {
  console.error(problem)
  process.exit(1)
}

const start = async (directory: string, mailboxes: number) => {
  const server = await startPostroom({ directory, users: mailboxes + 1 })
  const phones = new ParkedPhones(
    {
      mailboxes,
      account: (n) => ({ url: server.httpUrl, user: `user${n}@demo.test`, password: benchPassword }),
      address: (n) => `user${n}@demo.test`,
      mail: server.endpoint("smtp"),
      heartbeatSeconds: 3_540
    },
    fail
  )
  return { server, phones }
}

const rssOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024

let running: Awaited<ReturnType<typeof start>> | undefined

const obey = async (wish: Wish): Promise<Answer> => {
  if (wish._tag === "Start") running = await start(wish.directory, wish.mailboxes)
  if (running === undefined) return fail("not started")
  const { server, phones } = running
  if (wish._tag === "Park") await phones.park(wish.phones)
  const taken = wish._tag === "Deliver" ? await phones.deliver(wish.count, wish.perSecond) : []
  const rss = rssOf(server.pid)
  if (wish._tag === "Stop") {
    phones.close()
    await server.stop()
  }
  return { rss, taken }
}

process.on("message", (wish: Wish) => {
  obey(wish).then((answer) => {
    process.send?.(answer, () => {
      if (wish._tag === "Stop") process.exit(0)
    })
  }, fail)
})
