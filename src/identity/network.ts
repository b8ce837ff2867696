import { isIPv6 } from "node:net"
import type { Caller } from "./Identity.ts"

/** What counts as one caller: an IPv4 address, or the /64 that one IPv6 customer is given at the least (RFC 6177). */
export const networkOf = (ip: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(ip)) return ip
  const [head = "", tail] = (ip.split("%")[0] ?? "").toLowerCase().split("::")
  const groups = (text: string) => text.split(":").filter((group) => group !== "")
  const before = groups(head)
  const after = groups(tail ?? "")
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0")
  const all = [...before, ...zeros, ...after].slice(0, 4)
  return `${all.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`
}

/** Null = it is counted nowhere. */
export const networkOfCaller = ({ ip }: Caller): string | null => (ip === null ? null : networkOf(ip))
