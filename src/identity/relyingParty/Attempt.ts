import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { Option, Redacted, Schema } from "effect"

/** A sign-in under way, as the browser keeps it for us, sealed. */
export const Attempt = Schema.Struct({
  state: Schema.String,
  nonce: Schema.String,
  /** Of PKCE (RFC 7636 4.1). */
  verifier: Schema.String,
  /** A path of ours. */
  returnTo: Schema.String,
  /** Epoch milliseconds. */
  expiresAt: Schema.Number
})
export type Attempt = typeof Attempt.Type

const AttemptJson = Schema.parseJson(Attempt)
const encode = Schema.encodeSync(AttemptJson)
const decode = Schema.decodeUnknownOption(AttemptJson)

const algorithm = "aes-256-gcm"
const ivBytes = 12
const tagBytes = 16

/** A key for `seal`, as JSON. */
export const makeSealKey = (): string => JSON.stringify(randomBytes(32).toString("base64url"))

export const readSealKey = (json: Redacted.Redacted): Redacted.Redacted<Buffer> =>
  Redacted.make(
    Buffer.from(Schema.decodeSync(Schema.parseJson(Schema.String))(Redacted.value(json)), "base64url")
  )

/** Nobody reads or alters it without the key. */
export const seal = (attempt: Attempt, key: Redacted.Redacted<Buffer>): string => {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, Redacted.value(key), iv)
  const sealed = Buffer.concat([cipher.update(encode(attempt)), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url")
}

/** None = it is not of this key, or of a sign-in that took too long. */
export const unseal = (
  text: string,
  { key, now }: { readonly key: Redacted.Redacted<Buffer>; readonly now: number }
): Option.Option<Attempt> => {
  const bytes = Buffer.from(text, "base64url")
  if (bytes.length <= ivBytes + tagBytes) return Option.none()
  const decipher = createDecipheriv(algorithm, Redacted.value(key), bytes.subarray(0, ivBytes))
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
  return Option.liftThrowable(() =>
    Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString("utf8")
  )().pipe(
    Option.flatMap(decode),
    Option.filter(({ expiresAt }) => expiresAt > now)
  )
}
