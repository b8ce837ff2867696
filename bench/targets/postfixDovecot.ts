import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { treeCpu } from "../measure/cpu.ts"
import type { Target } from "./Target.ts"

const script = fileURLToPath(new URL("../peers/postfix-dovecot.sh", import.meta.url))

const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer()
    server.on("error", fail)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => done(typeof address === "object" ? (address?.port ?? 0) : 0))
    })
  })

/** Files below a folder; what vanishes while we look is not counted. */
const countFiles = (folder: string): number => {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce(
      (sum, entry) => sum + (entry.isDirectory() ? countFiles(join(folder, entry.name)) : 1),
      0
    )
  } catch {
    return 0
  }
}

/** Postfix on SMTP, which hands on to Dovecot; Dovecot itself on LMTP. */
export const startPostfixDovecot = async (directory: string): Promise<Target> => {
  const folder = mkdtempSync(join(resolve(directory), "postfix-dovecot-"))
  const ports = { smtp: await freePort(), lmtp: await freePort() }
  const started = execFileSync(script, ["start", folder, String(ports.smtp), String(ports.lmtp)])
  const [postfix = 0, dovecot = 0] = String(started).trim().split(/\s+/).map(Number)
  process.once("exit", () => execFileSync(script, ["stop", folder]))
  const spool = join(folder, "postfix", "spool")
  const queued = () =>
    ["maildrop", "incoming", "active", "deferred"].reduce(
      (sum, name) => sum + countFiles(join(spool, name)),
      0
    )
  const inMailboxes = () => {
    let count = 0
    for (const user of readdirSync(join(folder, "mail")))
      for (const part of ["new", "cur"]) count += countFiles(join(folder, "mail", user, "Maildir", part))
    return count
  }
  let known = 0
  return {
    name: "postfix-dovecot",
    endpoint: (protocol) => ({ protocol, host: "127.0.0.1", port: ports[protocol] }),
    // Mailboxes are counted only when the queue is empty: reading folders of thousands of files disturbs.
    delivered: async () => {
      if (queued() === 0) known = inMailboxes()
      return known
    },
    cpu: () => ({ postfix: treeCpu(postfix), dovecot: treeCpu(dovecot) }),
    check: async () => {
      if (queued() > 0) throw new Error("Postfix still has mail in its queue")
    },
    stop: async () => {
      execFileSync(script, ["stop", folder])
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
