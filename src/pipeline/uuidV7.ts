import { randomUUID } from "node:crypto"

/**
 * A UUID that grows with time (RFC 9562 5.7), so that rows made one after another lie together in an index.
 * `epochMillis` needs at most 48 bits.
 */
export const uuidV7 = (epochMillis: number): string => {
  const time = epochMillis.toString(16).padStart(12, "0")
  // Behind the version of a random UUID: 12 bits, the variant, 62 bits.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
