// The architecture as rules. A folder may look down this list, never up:
//   main, roles  >  protocols | pipeline | cli  >  rpc  >  actors  >  storage, identity  >  domain
// observability and settings may be used from everywhere and use nothing of ours above the domain.
// Needs @swc/core beside TypeScript 7 (dependency-cruiser 17 knows TypeScript < 7 only): without it
// nothing is cruised and every rule passes, so `npm run arch` also asks for a minimum number of modules.

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },

    {
      name: "domain-is-pure",
      comment: "words and rules of the trade; no IO, nothing of ours, no driver",
      severity: "error",
      from: { path: "^src/domain/" },
      to: { path: ["^src/(?!domain/)", "node_modules/(?!effect/)"] }
    },
    {
      name: "observability-is-a-leaf",
      severity: "error",
      from: { path: "^src/observability/" },
      to: { path: "^src/(?!observability/|settings/|domain/)" }
    },
    {
      name: "settings-are-a-leaf",
      severity: "error",
      from: { path: "^src/settings/" },
      to: { path: "^src/(?!settings/|domain/)" }
    },
    {
      name: "outbound-looks-down",
      comment:
        "calls to where others lead us: webhooks and pictures in mail keep to the same rule about addresses",
      severity: "error",
      from: { path: "^src/outbound/" },
      to: { path: "^src/(?!outbound/|settings/|domain/)" }
    },
    {
      name: "storage-looks-down",
      severity: "error",
      from: { path: "^src/storage/" },
      to: { path: "^src/(?!storage/|domain/|observability/|settings/)" }
    },
    {
      name: "identity-looks-down",
      severity: "error",
      from: { path: "^src/identity/" },
      to: { path: "^src/(?!identity/|storage/(directory|limits)/|domain/|observability/|settings/)" }
    },
    {
      name: "actors-look-down",
      comment: "identity/tls is about processes, not people: by what runners know each other",
      severity: "error",
      from: { path: "^src/actors/" },
      to: { path: "^src/(?!actors/|storage/|identity/tls/|domain/|observability/|settings/)" }
    },
    {
      name: "the-actor-is-the-only-writer",
      comment: "mail state is written through src/actors/mailbox; everyone else asks Core",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: ["^src/actors/mailbox/", "^src/storage/mailbox/", "^src/roles(\\.ts$|/)"]
      },
      to: { path: "^src/storage/mailbox/MailboxStore" }
    },
    {
      name: "core-knows-the-protocol-not-the-actor",
      comment: "and, for operators, how shards are counted, placed and evened out, which are pure functions",
      severity: "error",
      from: { path: "^src/rpc/" },
      to: {
        path: "^src/actors/",
        pathNot: "^src/actors/(mailbox/MailboxProtocol|sharding/(Ownership|place|planRebalance|steps))\\.ts$"
      }
    },
    {
      name: "rpc-looks-down",
      severity: "error",
      from: { path: "^src/rpc/" },
      to: {
        path: "^src/(protocols|pipeline|main|roles|cli)",
        pathNot:
          "^src/(protocols/mime/|pipeline/(Intake|mailTasks|trace|uuidV7|uuidV8|retention/(Expunger|RetentionTask))\\.ts)"
      }
    },
    {
      name: "one-door",
      comment:
        "outside src/rpc only the Core contract is visible; ACLs are checked behind it. Devices and People are parts of it that are no mail, Writing is what there is before mail",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/rpc/", "^src/roles(\\.ts$|/)", "^src/cli/"] },
      to: { path: "^src/rpc/", pathNot: "^src/rpc/(Core|Sync|Admin|Call|Devices|People|Writing)\\.ts$" }
    },
    {
      name: "the-cli-is-a-client",
      comment: "the command line reaches a server through rpc clients only, like any other program",
      severity: "error",
      from: { path: "^src/cli" },
      to: {
        path: "^src/(?!cli|ports\\.ts|rpc/client\\.ts|rpc/(AdminClient|DevicesClient)\\.ts|domain/|settings/|identity/(secretFile|seed|tokens)\\.ts)"
      }
    },
    {
      name: "protocols-speak-only-core",
      comment:
        "a protocol turns bytes into Core calls; mail comes in through pipeline/Intake. How often a client came is no mail. Devices, People and Writing are Core's, too: who synchronises, with whom one writes, and what there is before mail; so is Admin, for the tokens that somebody signs in with",
      severity: "error",
      from: { path: "^src/protocols/" },
      to: {
        path: "^src/(?!protocols/|rpc/(Core|Sync|Call|Devices|People|Admin|Writing)\\.ts|pipeline/Intake\\.ts|storage/limits/|identity/|outbound/|domain/|observability/|settings/)"
      }
    },
    {
      name: "protocols-do-not-know-each-other",
      severity: "error",
      from: { path: "^src/protocols/([^/]+)/" },
      to: { path: "^src/protocols/([^/]+)/", pathNot: ["^src/protocols/$1/", "^src/protocols/mime/"] }
    },
    {
      name: "codecs-are-pure",
      comment: "bytes <-> values; testable with golden files alone",
      severity: "error",
      from: { path: "^src/protocols/[^/]+/(codec|wbxml)/" },
      to: { path: "^src/", pathNot: "^src/(domain/|protocols/[^/]+/(codec|wbxml)/)" }
    },
    {
      name: "pipeline-asks-core",
      severity: "error",
      from: { path: "^src/pipeline/" },
      to: {
        path: "^src/(?!pipeline/|rpc/Core\\.ts|protocols/mime/|storage/(blobs|streams|search|contents|outbox|directory|ledger|retention|reconcile|notify|turns)/|identity/|outbound/|domain/|observability/|settings/)"
      }
    },
    {
      name: "drivers-stay-in-storage",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/storage/", "^src/roles(\\.ts$|/)"] },
      to: { path: "node_modules/(ioredis|iovalkey|pg|@effect/sql-pg|@aws-sdk|meilisearch)/" }
    },
    {
      name: "generated-code-stays-in-rpc",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/rpc/" },
      to: { path: "^src/rpc/gen/" }
    },
    {
      name: "the-web-sees-the-contracts-alone",
      comment:
        "the pages run in a browser and reach the platform as every other program does: by what proto/ says, and mail by the calls of protocols/owa",
      severity: "error",
      from: { path: "^web/" },
      to: {
        path: "^src/",
        pathNot: "^src/(rpc/gen/|domain/|protocols/owa/Owa(Rpcs|Answers)\\.ts$)"
      }
    },
    {
      name: "a-page-comes-when-it-is-opened",
      comment:
        "what is in web/src/console is fetched by who opens it: the shell imports its page dynamically, and nothing else of it",
      severity: "error",
      from: { path: "^web/src/(?!console/)" },
      to: { path: "^web/src/console/", dependencyTypesNot: ["dynamic-import"] }
    },
    {
      name: "the-server-does-not-know-the-pages",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^web/" }
    },
    {
      name: "source-does-not-know-its-tests",
      severity: "error",
      from: { path: "^(src|web)/" },
      to: { path: "^(test|bench)/" }
    },
    {
      name: "nothing-imports-main",
      severity: "error",
      from: {},
      to: { path: "^src/main\\.ts$" }
    }
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^src/rpc/gen/.*\\.d\\.ts$" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] }
  }
}
