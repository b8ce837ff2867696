import { Either } from "effect"
import { InvalidRequest } from "./errors.ts"

const maxLength = 2048

const refuse = (message: string) => Either.left(new InvalidRequest({ message }))

/** Reads where a webhook leads to. Whether the address behind its name may be called is known only when it is. */
export const parseWebhookUrl = (text: string): Either.Either<URL, InvalidRequest> => {
  if (text.length > maxLength || !URL.canParse(text)) return refuse("The URL is malformed.")
  const url = new URL(text)
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return refuse("A webhook's URL begins with https:// or http://.")
  }
  if (url.username !== "" || url.password !== "") return refuse("A webhook's URL holds no credentials.")
  if (url.hash !== "") return refuse("A webhook's URL has no fragment.")
  return Either.right(url)
}
