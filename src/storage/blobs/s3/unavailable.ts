import { BlobUnavailable } from "../BlobStore.ts"
import type { S3Failed } from "./S3Calls.ts"

/** What the port says of a call that failed. */
export const unavailable = (failure: S3Failed): BlobUnavailable => {
  switch (failure.problem) {
    case "full":
      return new BlobUnavailable({ reason: "full", cause: failure })
    case "timeout":
      return new BlobUnavailable({ reason: "timeout", cause: failure })
    default:
      return new BlobUnavailable({ reason: "io", cause: failure })
  }
}
