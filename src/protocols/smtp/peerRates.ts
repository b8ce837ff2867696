import { Effect } from "effect"
import { networkOf } from "../../identity/network.ts"
import { perWindow, type RateLimits } from "../../storage/limits/RateLimits.ts"
import type { PeerLimits } from "./PeerTable.ts"
import type { SmtpSettings } from "./SmtpConfig.ts"

/** How fast clients connect and send, at all front doors together. */
export interface PeerRates {
  /** True where the client may do it now; null = as often as it likes. */
  readonly mayConnect: (address: string) => Effect.Effect<boolean> | null
  readonly maySend: (address: string) => Effect.Effect<boolean> | null
}

export const makePeerRates = (limits: typeof RateLimits.Service, settings: SmtpSettings): PeerRates => {
  const take = (route: string, perMinute: (of: PeerLimits) => number) => (address: string) => {
    const max = perMinute(limitsOf(settings, address))
    if (max === 0) return null
    return Effect.map(
      limits.take({ who: networkOf(address), route }, perWindow(max, "1 minute")),
      ({ isWithin }) => isWithin
    )
  }
  return {
    mayConnect: take("smtp-connection", ({ connectionsPerMinute }) => connectionsPerMinute),
    maySend: take("smtp-message", ({ messagesPerMinute }) => messagesPerMinute)
  }
}

/** Programs on this machine are trusted with more. */
export const limitsOf = ({ remote, loopback }: SmtpSettings, address: string): PeerLimits =>
  address === "::1" || address.startsWith("127.") ? loopback : remote
