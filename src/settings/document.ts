import type { Setting } from "./setting.ts"

/** The parts of the table, by the first word after `POSTROOM_` or by whole names. */
const areas: ReadonlyArray<readonly [title: string, names: RegExp]> = [
  ["Where it keeps things and listens", /^(DATA|HOST|PORT_OFFSET|(HTTP|HTTPS|GRPC|SMTP|LMTP)_PORT|TLS_.*)$/],
  ["Demo tenant", /^(NO_DEMO|DEMO_.*)$/],
  ["Logs, metrics and traces", /^((LOG|OTLP|TRACE)_.*|.*_METRICS_INTERVAL)$/],
  ["Secrets", /^(SECRETS|VAULT)_/],
  ["Who may sign in", /^(ARGON2|PASSWORD|OPERATOR|OIDC|SIGN_IN)_/],
  ["Audit", /^AUDIT_/],
  ["Postgres", /^DATABASE_/],
  ["Valkey", /^VALKEY_/],
  ["Blobs as files", /^BLOBS_/],
  ["Blobs in S3", /^S3_/],
  ["Mail from the world", /^SMTP_/],
  ["Ingest and the outbox", /^(INGEST|RELAY)_/],
  ["Notifications", /^(NOTIFY|WEBHOOK)_/],
  ["Retention and the reconciler", /^(RETENTION|RECONCILE\w*)_/],
  ["Streams", /^STREAMS_/],
  ["Mailboxes and shards", /^(ACTOR|COMMIT|COMMITS|SHARDS|UNDO)(_|$)/],
  ["Many processes", /^((RUNNER|ROUTE|REMOTE|REBALANCE)(_|$))/],
  ["Phones and other devices", /^((DEVICE|ACTIVESYNC|SYNC)_|PUBLIC_URL$)/],
  ["Web mail", /^(OWA|IMAGE|SESSIONS?)_/],
  ["Search", /^(INDEX|SEARCH|MEILISEARCH)_/],
  ["Core", /^CORE_/],
  ["Administration", /^ADMIN_/],
  ["gRPC, gRPC-web and Connect", /^RPC_/],
  ["Crashes on purpose", /^CRASH_AT$/]
]

const intro = `# Configuration

Every setting of the server, made from its source by \`npm run settings\`; do not edit. The same list for what is installed:
\`npm start -- --settings\`.

A setting is given by a flag where there is one (\`npm start -- --help\`), else in the environment. A secret may also be in a file
that \`NAME_FILE\` names, e.g. \`POSTROOM_DATABASE_PASSWORD_FILE=/run/secrets/database\`, else in Vault: [rotating it](runbooks/secrets.md)
needs no restart. A setting that is empty is not set. A wrong or unknown one stops the start, and all of them are told at once. What
Kubernetes sets for a Service (\`POSTROOM_…_SERVICE_HOST\`, \`POSTROOM_…_PORT=tcp://…\`) is passed over.

| type | as in |
|---|---|
| integer | \`256\` |
| size | octets, \`1048576\`, or with a unit of 1024, \`1 MiB\` (KiB, MiB, GiB) |
| duration | \`200 millis\`, \`30 seconds\`, \`5 minutes\`, \`1 hour\`, \`7 days\` |
| boolean | \`true\` or \`false\`; also yes, no, on, off, 1, 0 |
| list | with commas between |`

const others = "Others"

/** The table of settings as Markdown. */
export const document = (table: ReadonlyArray<Setting>): string => {
  const ofServer = table.filter((row) => row.usedBy === "server")
  const sections = [...areas.map(([title]) => title), others].map((title) => ({
    title,
    rows: ofServer.filter((row) => areaOf(row) === title)
  }))
  const usedBy = (program: Setting["usedBy"]) => table.filter((row) => row.usedBy === program)
  return [
    intro,
    ...[
      ...sections,
      { title: "Of the command line, `bin/postroom.mjs`", rows: usedBy("cli") },
      { title: "Of the tests", rows: usedBy("tests") }
    ]
      .filter(({ rows }) => rows.length > 0)
      .map(section)
  ].join("\n\n")
}

const areaOf = ({ name }: Setting): string => {
  const short = name.slice("POSTROOM_".length)
  return areas.find(([, names]) => names.test(short))?.[0] ?? others
}

interface Section {
  readonly title: string
  readonly rows: ReadonlyArray<Setting>
}

// As declared: a meaning may go on from the one before.
const section = ({ title, rows }: Section): string =>
  [`## ${title}`, "", "| setting | type | default | meaning |", "|---|---|---|---|", ...rows.map(line)].join(
    "\n"
  )

const line = ({ name, type, whenUnset, meaning }: Setting): string =>
  `| ${[`\`${name}\``, type, whenUnset ?? "", meaning].map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`
