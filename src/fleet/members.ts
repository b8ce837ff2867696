import type { ApartRoleName } from "../args.ts"

/** A process of a fleet. */
export interface Member {
  readonly name: string
  readonly roles: ReadonlyArray<ApartRoleName>
  /** Of health and metrics. */
  readonly httpPort: number
  readonly settings: Readonly<Record<string, string>>
}

export interface FleetSize {
  readonly runners: number
  readonly edges: number
  /** Added to every port. */
  readonly portOffset: number
}

/** Every port of the n-th process; those of the first are where people look for them. */
const portsOf = (n: number) => ({
  POSTROOM_PORT_OFFSET: "0",
  POSTROOM_HTTP_PORT: String(8080 + n),
  POSTROOM_HTTPS_PORT: String(8443 + n),
  POSTROOM_GRPC_PORT: String(9090 + n),
  POSTROOM_RUNNER_PORT: String(7070 + n)
})

const member = (
  name: string,
  {
    n,
    roles,
    settings = {}
  }: {
    readonly n: number
    readonly roles: ReadonlyArray<ApartRoleName>
    readonly settings?: Readonly<Record<string, string>>
  }
): Member => ({ name, roles, httpPort: 8080 + n, settings: { ...portsOf(n), ...settings } })

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, n) => n + 1)

const firstRunner = 10

/** Runners first; the first of them makes what all share. */
export const membersOf = ({ runners, edges, portOffset }: FleetSize): ReadonlyArray<Member> => [
  ...numbers(runners).map((k) =>
    member(`runner-${k}`, {
      n: portOffset + firstRunner + k,
      roles: ["svc-grpc"],
      settings: { POSTROOM_RUNNER: `runner-${k}`, POSTROOM_RUNNER_ZONE: `zone-${k}` }
    })
  ),
  ...numbers(edges).map((k) => member(`edge-${k}`, { n: portOffset + k - 1, roles: ["svc-activesync"] })),
  member("mail", {
    n: portOffset + 8,
    roles: ["svc-smtp-ingest"],
    settings: {
      POSTROOM_SMTP_PORT: String(2525 + portOffset),
      POSTROOM_LMTP_PORT: String(2424 + portOffset)
    }
  }),
  member("workers", {
    n: portOffset + 9,
    roles: ["worker-ingest", "worker-index", "worker-notify", "worker-retention", "worker-reconciler"],
    settings: { POSTROOM_CORE_SERVER: `127.0.0.1:${9090 + portOffset + firstRunner + 1}` }
  })
]
