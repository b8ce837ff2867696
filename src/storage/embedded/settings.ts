import { createHash } from "node:crypto"

/**
 * Settings of the embedded server, for one small machine that it shares with the rest of Postroom. They are
 * given on the command line, so that they are this file's and never a left-over of an older start.
 */
const settings: Readonly<Record<string, string>> = {
  // Durability: a 250 was promised for what is in here. All three are the server's defaults; said, not assumed.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",

  // The hot tables of a few thousand mailboxes, without starving Node and the page cache on 2 GiB.
  shared_buffers: "256MB",
  effective_cache_size: "1GB",
  work_mem: "8MB",
  maintenance_work_mem: "128MB",
  // Pool (16) + listener + CLI, migrations and other roles on this machine.
  max_connections: "100",

  // Page images after a checkpoint are most of the WAL of small commits: few checkpoints, small images.
  wal_compression: "on",
  max_wal_size: "2GB",
  min_wal_size: "128MB",
  checkpoint_timeout: "15min",

  // Statements here take under a millisecond; compiling them or sharing them between cores costs more.
  jit: "off",
  max_parallel_workers_per_gather: "0",
  // Seeks are cheap on what such machines have for disks.
  random_page_cost: "1.1",

  // A caller that hangs in a transaction, or that went away, must not keep its locks.
  idle_in_transaction_session_timeout: "60s",
  client_connection_check_interval: "10s",

  // The log names no mail: statements and ERROR lines quote values, so only LOG, FATAL and PANIC are kept.
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_checkpoints: "off",
  log_line_prefix: "%m [%p] ",

  timezone: "UTC",
  log_timezone: "UTC",
  password_encryption: "scram-sha-256",
  // Other machines never; other programs of this machine with the password.
  listen_addresses: "127.0.0.1",
  // Its directory is private already; this keeps it so when someone opens the directory.
  unix_socket_permissions: "0700"
}

/** For test runs only: a power loss would lose or corrupt the database, which is thrown away anyway. */
export const volatileSettings: Readonly<Record<string, string>> = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  shared_buffers: "128MB"
}

export interface ServerSettings {
  /** `-c name=value …`, without port and socket directory. */
  readonly flags: ReadonlyArray<string>
  /** The same for the same binary and settings; a running server is adopted only when it carries this. */
  readonly clusterName: string
}

/** `binary`: path and version of the server program. */
export const serverSettings = (
  binary: string,
  overrides: Readonly<Record<string, string>> = {}
): ServerSettings => {
  const all = Object.entries({ ...settings, ...overrides })
  const digest = createHash("sha256")
    .update(JSON.stringify([binary, all]))
    .digest("hex")
  const clusterName = `postroom-${digest.slice(0, 12)}`
  return {
    flags: [...all, ["cluster_name", clusterName]].flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    clusterName
  }
}
