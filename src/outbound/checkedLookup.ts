import { type LookupAddress, lookup as systemLookup } from "node:dns"
import { isIP, type LookupFunction } from "node:net"

/** Said instead of an address; nothing was sent. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused"
}

export type Resolve = (
  hostname: string,
  done: (error: Error | null, found: ReadonlyArray<LookupAddress>) => void
) => void

/** As all programs of this machine resolve names. */
export const systemResolve: Resolve = (hostname, done) => systemLookup(hostname, { all: true }, done)

/**
 * Looks a name up and gives only addresses that may be called. The connection is made to what was looked at here, so
 * that a name cannot mean one thing to the check and another to the call.
 */
export const makeLookup =
  (isAllowed: (address: string) => boolean, resolve: Resolve): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, (error, found) => {
      if (error !== null) return callback(error, "")
      const allowed = found.filter(({ address }) => isAllowed(address))
      const [first] = allowed
      if (first === undefined) return callback(new AddressRefused(), "")
      if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }

/** Whether a URL names an address that may not be called. Of an address nobody looks up the name. */
export const namesRefusedAddress = (url: URL, isAllowed: (address: string) => boolean): boolean => {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
  return isIP(host) > 0 && !isAllowed(host)
}
