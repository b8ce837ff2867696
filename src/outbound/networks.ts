import { BlockList, isIP } from "node:net"
import { Option } from "effect"
import type { SettingType } from "../settings/types.ts"

/** Addresses that share their first bits. */
export interface Network {
  readonly address: string
  readonly prefix: number
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. */
export const network: SettingType<Network> = {
  label: "network",
  expected: "a network such as 10.0.0.0/8",
  parse: (text) => {
    const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
    const most = isIP(address) === 4 ? 32 : 128
    const prefix = bits === undefined ? most : Number(bits)
    return isIP(address) > 0 && prefix <= most ? Option.some({ address, prefix }) : Option.none()
  },
  print: ({ address, prefix }) => `${address}/${prefix}`,
  isShown: true
}

/** Not of the public internet (RFC 6890 and the registries that follow it), or a way around that. */
const notPublic: ReadonlyArray<Network> = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  // Unspecified, loopback, IPv4 in IPv6 in its old and new forms.
  ["::", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  // Teredo, benchmarks, ORCHID, and what else is assigned below it.
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8]
].map(([address, prefix]) => ({ address: String(address), prefix: Number(prefix) }))

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4")

const blockListOf = (networks: ReadonlyArray<Network>): BlockList => {
  const list = new BlockList()
  for (const { address, prefix } of networks) list.addSubnet(address, prefix, familyOf(address))
  return list
}

const refused = blockListOf(notPublic)

/** Whether something may be sent to an IP address. IPv4-mapped IPv6 addresses count as what they stand for. */
export const makeIsAllowed = (allowed: ReadonlyArray<Network>): ((address: string) => boolean) => {
  const exceptions = blockListOf(allowed)
  return (text) => {
    // A zone (RFC 4007 11) would hide the address from the lists.
    const [address = ""] = text.split("%", 1)
    if (isIP(address) === 0) return false
    const family = familyOf(address)
    return exceptions.check(address, family) || !refused.check(address, family)
  }
}
