import { randomUUID } from "node:crypto"
import { Effect } from "effect"
import { canonicalAddress, parseAddress } from "../../domain/EmailAddress.ts"
import { InvalidRequest } from "../../domain/errors.ts"
import type { NewUser } from "./Directory.ts"

/** An address as it is kept. */
export const canonical = (address: string) => Effect.map(parseAddress(address), canonicalAddress)

/** The domain of a canonical address. */
export const domainOf = (canonicalText: string) => canonicalText.slice(canonicalText.lastIndexOf("@") + 1)

/** What people call things: shown in lists and mail, so nothing that breaks a line or hides. */
export const validName = (what: string, text: string, minLength: 0 | 1) => {
  const name = text.normalize("NFC").trim()
  return name.length >= minLength &&
    name.length <= 255 &&
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(name)
    ? Effect.succeed(name)
    : new InvalidRequest({ message: `${what} has up to 255 characters and no control characters.` })
}

/** A new user as it is kept, with its id. */
export const prepared = (user: NewUser) =>
  Effect.gen(function* () {
    if (user.quotaBytes !== null && !(Number.isSafeInteger(user.quotaBytes) && user.quotaBytes > 0)) {
      return yield* new InvalidRequest({ message: "A quota is a whole number of bytes above 0." })
    }
    const email = yield* canonical(user.email)
    const displayName = yield* validName("A display name", user.displayName, 0)
    return { ...user, email, displayName, domain: domainOf(email), id: randomUUID() }
  })
