import { S3Client } from "@aws-sdk/client-s3"
import type { S3Account } from "./S3Calls.ts"

/** Once and no more: who repeats, how often and where, is the driver's business. Cheaper than `maxAttempts: 1`. */
const once = {
  acquireInitialRetryToken: () => Promise.resolve({ getRetryCount: () => 0, getRetryDelay: () => 0 }),
  refreshRetryTokenForRetry: () => Promise.reject(new Error("not repeated here")),
  recordSuccess: () => undefined
}

const hasHeaders = (request: unknown): request is { readonly headers: Record<string, string> } =>
  typeof request === "object" && request !== null && "headers" in request

const checksumOf = (input: object): string =>
  "ChecksumSHA256" in input && typeof input.ChecksumSHA256 === "string" ? input.ChecksumSHA256 : ""

export const makeClient = (endpoint: string, account: S3Account): S3Client => {
  const sockets = { keepAlive: true, maxSockets: account.maxSockets }
  const client = new S3Client({
    endpoint,
    region: account.region,
    // The name of the bucket in the path: a bucket per tenant needs no DNS name nor certificate of its own.
    forcePathStyle: true,
    credentials: { accessKeyId: account.accessKey, secretAccessKey: account.secretKey },
    retryStrategy: once,
    // We give a checksum of our own with what is put, and compare what is read.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { httpAgent: sockets, httpsAgent: sockets }
  })
  // The signature covers the same checksum; without this the SDK hashes the body again for it.
  client.middlewareStack.add(
    (next) => (args) => {
      const checksum = checksumOf(args.input)
      if (checksum !== "" && hasHeaders(args.request)) {
        args.request.headers["x-amz-content-sha256"] = Buffer.from(checksum, "base64").toString("hex")
      }
      return next(args)
    },
    { step: "build", name: "signKnownChecksum" }
  )
  return client
}
