import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto"
import { Effect, Redacted, Schema } from "effect"
import type { SignInKeys } from "../../storage/directory/SignInKeys.ts"

const IssuerKeys = Schema.parseJson(
  Schema.Struct({
    /** Private, of P-256 (RFC 7518 6.2). */
    signing: Schema.Struct({
      kty: Schema.Literal("EC"),
      crv: Schema.Literal("P-256"),
      x: Schema.String,
      y: Schema.String,
      d: Schema.String,
      kid: Schema.String,
      alg: Schema.Literal("ES256"),
      use: Schema.Literal("sig")
    }),
    /** Of its cookies. */
    cookies: Schema.String
  })
)

export type IssuerKeys = typeof IssuerKeys.Type

const makeKeys = () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  return JSON.stringify({
    signing: { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), alg: "ES256", use: "sig" },
    cookies: randomBytes(32).toString("base64url")
  })
}

/** The same for all processes. */
export const issuerKeys = (keys: SignInKeys["Type"]) =>
  Effect.flatMap(keys.ensure("issuer", makeKeys), (kept) =>
    Effect.orDie(Schema.decode(IssuerKeys)(Redacted.value(kept)))
  )
