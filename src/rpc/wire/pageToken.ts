import { InvalidRequest } from "../../domain/errors.ts"

/**
 * An opaque place in a listing: base64url of `1:scope:place`. The scope is part of it, so that a token of one listing is
 * refused by another. It is no secret and gives no right.
 */
export const writePageToken = (scope: string, place: string): string =>
  Buffer.from(`1:${scope}:${place}`).toString("base64url")

/** null = from the beginning. Throws InvalidRequest, like the readers of `fromWire.ts`. */
export const readPageToken = (token: string, scope: string): string | null => {
  if (token === "") return null
  const prefix = `1:${scope}:`
  const text = token.length <= 2048 ? Buffer.from(token, "base64url").toString() : ""
  if (!text.startsWith(prefix))
    throw new InvalidRequest({ message: "The page token is not one of this listing." })
  return text.slice(prefix.length)
}
