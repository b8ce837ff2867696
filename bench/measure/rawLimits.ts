import { randomBytes } from "node:crypto"
import fs from "node:fs"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { promisify } from "node:util"
import type { Client } from "pg"

const parallel = 16

/** How often `once` is done per second by 16 callers, each waiting for its turn before the next. */
const perSecond = async (once: (caller: number) => Promise<unknown>, millis: number): Promise<number> => {
  const start = performance.now()
  let done = 0
  const call = async (caller: number) => {
    while (performance.now() - start < millis) {
      await once(caller)
      done += 1
    }
  }
  await Promise.all(Array.from({ length: parallel }, (_, caller) => call(caller)))
  return (done * 1000) / (performance.now() - start)
}

/** One-row commits per second on 16 connections to the same Postgres, in a table of their own. */
export const rawCommits = async (connect: () => Promise<Client>, millis: number): Promise<number> => {
  const clients = await Promise.all(Array.from({ length: parallel }, connect))
  await clients[0]?.query("CREATE TABLE IF NOT EXISTS bench_commits (id bigserial PRIMARY KEY, text text)")
  const insert = { name: "bench_insert", text: "INSERT INTO bench_commits (text) VALUES ($1)" }
  const rate = await perSecond(
    (caller) => clients[caller]?.query({ ...insert, values: ["x".repeat(200)] }) ?? Promise.resolve(),
    millis
  )
  await clients[0]?.query("DROP TABLE bench_commits")
  await Promise.all(clients.map((client) => client.end()))
  return rate
}

const open = promisify(fs.open)
const write = promisify(fs.write)
const sync = promisify(fs.fdatasync)
const close = promisify(fs.close)
const rename = promisify(fs.rename)

/** Files per second, 16 at a time: write, fdatasync, rename; the sizes are taken in turn. */
export const rawBlobs = async (
  directory: string,
  { sizes, millis }: { readonly sizes: ReadonlyArray<number>; readonly millis: number }
): Promise<number> => {
  const folder = fs.mkdtempSync(join(directory, "raw-blobs-"))
  const bytes = randomBytes(Math.max(...sizes))
  let count = 0
  const rate = await perSecond(async () => {
    const name = join(folder, String(count))
    const size = sizes[count % sizes.length] ?? 0
    count += 1
    const fd = await open(`${name}.draft`, "wx", 0o600)
    await write(fd, bytes, 0, size)
    await sync(fd)
    await close(fd)
    await rename(`${name}.draft`, name)
  }, millis)
  fs.rmSync(folder, { recursive: true })
  return rate
}
