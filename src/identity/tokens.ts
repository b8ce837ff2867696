import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { Redacted } from "effect"

const prefix = "pr_"
const shape = /^pr_[A-Za-z0-9_-]{43}$/

/** A new secret of 256 random bits: `pr_` and 43 characters of base64url. */
export const newToken = (): Redacted.Redacted => Redacted.make(prefix + randomBytes(32).toString("base64url"))

/** Whether the text can be a token at all; anything else need not be looked up. */
export const isTokenShaped = (text: string): boolean => shape.test(text)

/** Hex SHA-256: what is kept of a token. Enough, because nobody can guess what it is made of. */
export const tokenHash = (token: Redacted.Redacted): string =>
  createHash("sha256").update(Redacted.value(token)).digest("hex")

/** Compares two hex SHA-256 in constant time. */
export const isSameHash = (one: string, other: string): boolean => {
  const [left, right] = [Buffer.from(one, "hex"), Buffer.from(other, "hex")]
  return left.length === right.length && timingSafeEqual(left, right)
}
