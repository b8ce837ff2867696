import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client"

/** Every metric of the process. Label values come from closed sets: never a user, mailbox, address or subject. */
export const registry = new Registry()

collectDefaultMetrics({ register: registry })

const registers = [registry]
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export const metrics = {
  httpRequests: new Counter({
    name: "http_requests_total",
    help: "HTTP and rpc requests answered.",
    labelNames: ["route", "code"],
    registers
  }),
  requestDuration: new Histogram({
    name: "request_duration_seconds",
    help: "Time to answer a request.",
    labelNames: ["route", "code"],
    buckets: seconds,
    registers
  }),
  backEndUp: new Gauge({
    name: "backend_up",
    help: "1 where it answers: postgres, valkey, blob_store, search_engine, each where it is used.",
    labelNames: ["backend"],
    registers
  }),
  queueDepth: new Gauge({
    name: "queue_depth",
    help: "Tasks that wait, per stream; dead letters as dlq:{stream}.",
    labelNames: ["stream"],
    registers
  }),
  consumerLag: new Gauge({
    name: "consumer_lag",
    help: "Age in seconds of the oldest due task that nobody has finished.",
    labelNames: ["stream", "group"],
    registers
  }),
  smtpConnections: new Gauge({
    name: "smtp_connections",
    help: "Open SMTP and LMTP connections.",
    labelNames: ["protocol"],
    registers
  }),
  smtpMessages: new Counter({
    name: "smtp_messages_total",
    help: "Messages offered at end of data, by the class of the answer.",
    labelNames: ["protocol", "outcome"],
    registers
  }),
  smtpRecipients: new Counter({
    name: "smtp_recipients_total",
    help: "RCPT commands by answer.",
    labelNames: ["protocol", "outcome"],
    registers
  }),
  activesyncRequests: new Counter({
    name: "activesync_requests_total",
    help: "ActiveSync requests answered, by command and by the status in the document, or the HTTP code where there is none.",
    labelNames: ["command", "status"],
    registers
  }),
  activesyncDuration: new Histogram({
    name: "activesync_request_duration_seconds",
    help: "Time to answer an ActiveSync request that was not parked.",
    labelNames: ["command"],
    buckets: seconds,
    registers
  }),
  owaConnections: new Gauge({
    name: "owa_connections",
    help: "Open pages of web mail.",
    registers
  }),
  activesyncParked: new Gauge({
    name: "activesync_parked_requests",
    help: "Pings and hanging Syncs that wait.",
    registers
  }),
  activesyncRepeats: new Counter({
    name: "activesync_repeats_total",
    help: "Requests of devices that ask the same again and again: delayed or refused.",
    labelNames: ["command", "outcome"],
    registers
  }),
  ingestTasks: new Counter({
    name: "ingest_tasks_total",
    help: "Ingest tasks by outcome.",
    labelNames: ["outcome"],
    registers
  }),
  ingestDuration: new Histogram({
    name: "ingest_duration_seconds",
    help: "From acceptance to the last delivery of a message.",
    buckets: seconds,
    registers
  }),
  workerTasks: new Counter({
    name: "worker_tasks_total",
    help: "Tasks of other streams by what came of an attempt.",
    labelNames: ["stream", "outcome"],
    registers
  }),
  notifications: new Counter({
    name: "notifications_total",
    help: "Notifications sent, by the way they went and what came of it.",
    labelNames: ["sink", "outcome"],
    registers
  }),
  notifyDuration: new Histogram({
    name: "notify_duration_seconds",
    help: "Time until the receiver of a notification answered.",
    labelNames: ["sink"],
    buckets: seconds,
    registers
  }),
  retentionMessages: new Counter({
    name: "retention_messages_total",
    help: "Messages that retention has removed.",
    registers
  }),
  turnOverdue: new Gauge({
    name: "turn_overdue_seconds",
    help: "For how long work that goes on and on has been due and not come to its end.",
    labelNames: ["turn"],
    registers
  }),
  blobsChecked: new Counter({
    name: "blobs_checked_total",
    help: "Blobs that the reconciler has looked at.",
    labelNames: ["pass"],
    registers
  }),
  blobBytesRead: new Counter({
    name: "blob_bytes_scrubbed_total",
    help: "Octets that were compared with their checksums.",
    registers
  }),
  blobsRemoved: new Counter({
    name: "blobs_removed_total",
    help: "Blobs removed because nobody had their message any more.",
    registers
  }),
  blobFindings: new Gauge({
    name: "blob_findings",
    help: "Blobs with a problem: `unreferenced`, `missing`, `corrupt`; `doubtful` are not removed until somebody looks.",
    labelNames: ["problem"],
    registers
  }),
  mimeDefects: new Counter({
    name: "mime_defects_total",
    help: "What was wrong with messages read.",
    labelNames: ["defect"],
    registers
  }),
  shardMapUp: new Gauge({
    name: "shard_map_up",
    help: "Whether the shard map answered when last asked; without it nothing moves, and owners go on.",
    registers
  }),
  shardsOwned: new Gauge({ name: "shards_owned", help: "Shards of this runner.", registers }),
  shardsLost: new Counter({
    name: "shards_lost_total",
    help: "Shards given up because a younger owner had written one of their mailboxes.",
    registers
  }),
  shardsClaimed: new Counter({
    name: "shards_claimed_total",
    help: "Shards that came to this runner: `handed over` by their owner, or `taken` where it was dead or there was none.",
    labelNames: ["how"],
    registers
  }),
  routeRetries: new Counter({
    name: "route_retries_total",
    help: "Calls that did not find a mailbox where they looked for it, and looked again.",
    registers
  }),
  mailboxActors: new Gauge({ name: "mailbox_actors", help: "Mailboxes in memory.", registers }),
  mailboxWatchers: new Gauge({
    name: "mailbox_watchers",
    help: "Waiters for changes of mailboxes.",
    registers
  }),
  remoteConnections: new Gauge({
    name: "remote_connections",
    help: "Connections between processes of the deployment, by what this one is on them.",
    labelNames: ["side"],
    registers
  }),
  remoteWatches: new Gauge({
    name: "remote_watches",
    help: "Mailboxes watched over connections between processes, by what this one is on them.",
    labelNames: ["side"],
    registers
  }),
  mailboxCommits: new Counter({
    name: "mailbox_commits_total",
    help: "Commits of mailbox actors.",
    registers
  }),
  mailboxCommands: new Counter({ name: "mailbox_commands_total", help: "Commands committed.", registers }),
  mailboxChanges: new Counter({ name: "mailbox_changes_total", help: "Journal entries written.", registers }),
  mailboxBusy: new Counter({
    name: "mailbox_busy_total",
    help: "Commands refused because too many waited.",
    registers
  }),
  mailboxStale: new Counter({
    name: "mailbox_commands_stale_total",
    help: "Commands refused because a younger owner has claimed their mailbox.",
    registers
  }),
  mailboxDefects: new Counter({
    name: "mailbox_defects_total",
    help: "Commands that failed by a defect.",
    registers
  }),
  mailboxesQuarantined: new Counter({
    name: "mailboxes_quarantined_total",
    help: "Mailboxes shut after repeated defects, each until an operator releases it.",
    registers
  }),
  activesyncMinimalItems: new Counter({
    name: "activesync_minimal_items_total",
    help: "Messages that could not be rendered for a device and went as the raw message attached to a minimal item.",
    labelNames: ["reason"],
    registers
  }),
  traceSpans: new Counter({
    name: "trace_spans_total",
    help: "Spans of traces by fate: sent to the collector, or dropped because it does not take them.",
    labelNames: ["fate"],
    registers
  }),
  auditEvents: new Counter({
    name: "audit_events_total",
    help: "Audit events by fate.",
    labelNames: ["fate"],
    registers
  }),
  ledger: new Gauge({
    name: "ledger_recipients",
    help: "Recipients of accepted messages by state; `imbalance` must be 0.",
    labelNames: ["state"],
    registers
  })
}
