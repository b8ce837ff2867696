import { connect, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import type { Credentials } from "../../identity/tls/MutualTls.ts"

/** Begins to connect to `host:port`; an IPv6 address stands in brackets. Who is there is known by the authority alone. */
export const dial = (address: string, credentials: Credentials | null): Socket => {
  const { hostname, port } = new URL(`tcp://${address}`)
  const to = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) }
  if (credentials === null) return connect(to)
  return connectTls({ ...to, ...credentials, minVersion: "TLSv1.3", checkServerIdentity: () => undefined })
}
