import { createHmac } from "node:crypto"
import { Redacted } from "effect"

const prefix = "whsec_"

/** Headers of a webhook as Standard Webhooks has them: the receiver's library checks them with the same secret. */
export const signedHeaders = (
  secret: Redacted.Redacted,
  { id, body, epochSeconds }: { readonly id: string; readonly body: string; readonly epochSeconds: number }
): Readonly<Record<string, string>> => {
  const key = Buffer.from(Redacted.value(secret).slice(prefix.length), "base64")
  const signature = createHmac("sha256", key).update(`${id}.${epochSeconds}.${body}`).digest("base64")
  return {
    "webhook-id": id,
    "webhook-timestamp": String(epochSeconds),
    "webhook-signature": `v1,${signature}`
  }
}
