import { Code, ConnectError } from "@connectrpc/connect"
import { Either, Schema } from "effect"
import {
  AlreadyExists,
  Busy,
  type CoreError,
  CursorExpired,
  InvalidRequest,
  LimitExceeded,
  NotAllowed,
  NotFound,
  PermissionDenied,
  Unauthenticated,
  Unavailable
} from "../domain/errors.ts"
import { ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.ts"

/** The canonical code of every error; a new error does not compile until it has one. */
export const codeOf = {
  InvalidRequest: Code.InvalidArgument,
  NotFound: Code.NotFound,
  AlreadyExists: Code.AlreadyExists,
  Unauthenticated: Code.Unauthenticated,
  PermissionDenied: Code.PermissionDenied,
  NotAllowed: Code.FailedPrecondition,
  LimitExceeded: Code.ResourceExhausted,
  CursorExpired: Code.OutOfRange,
  // What gRPC clients retry by themselves; RetryInfo says when.
  Busy: Code.Unavailable,
  Unavailable: Code.Unavailable
} as const satisfies Record<CoreError["_tag"], Code>

const domain = "postroom"

/** What an error knows besides its name, as google.rpc.ErrorInfo carries it. */
const metadataOf = (error: CoreError): Record<string, string> => {
  switch (error._tag) {
    case "NotFound":
    case "AlreadyExists":
    case "Unavailable":
      return { what: error.what }
    case "LimitExceeded":
      return { limit: error.limit, max: String(error.max) }
    case "Busy":
      return { retryAfterMillis: String(error.retryAfterMillis) }
    default:
      return {}
  }
}

/** How long to wait before the same request has a chance; undefined where waiting does not help. */
const retryAfterMillis = (error: CoreError): number | undefined => {
  if (error._tag === "Busy") return error.retryAfterMillis
  return error._tag === "Unavailable" ? 1_000 : undefined
}

/** A Core error as it goes over the wire: canonical code, public text, details for programs. */
export const toConnectError = (error: CoreError): ConnectError => {
  const wait = retryAfterMillis(error)
  const info = {
    desc: ErrorInfoSchema,
    value: { reason: error._tag, domain, metadata: metadataOf(error) }
  }
  const retry = (millis: number) => ({
    desc: RetryInfoSchema,
    value: {
      retryDelay: { seconds: BigInt(Math.floor(millis / 1000)), nanos: (millis % 1000) * 1_000_000 }
    }
  })
  return new ConnectError(
    error.message,
    codeOf[error._tag],
    undefined,
    wait === undefined ? [info] : [info, retry(Math.max(0, Math.round(wait)))]
  )
}

/** A bug of ours as the caller may see it: nothing but the name under which it was logged. */
export const internalError = (correlationId: string): ConnectError =>
  new ConnectError(`Something went wrong here; quote ${correlationId}.`, Code.Internal)

/** Details as they come from the wire: strings, to be decoded. */
const Details = Schema.Union(
  Schema.TaggedStruct("InvalidRequest", {}),
  Schema.TaggedStruct("NotFound", { what: NotFound.fields.what }),
  Schema.TaggedStruct("AlreadyExists", { what: AlreadyExists.fields.what }),
  Schema.TaggedStruct("Unauthenticated", {}),
  Schema.TaggedStruct("PermissionDenied", {}),
  Schema.TaggedStruct("NotAllowed", {}),
  Schema.TaggedStruct("LimitExceeded", { limit: LimitExceeded.fields.limit, max: Schema.NumberFromString }),
  Schema.TaggedStruct("CursorExpired", {}),
  Schema.TaggedStruct("Busy", { retryAfterMillis: Schema.NumberFromString }),
  Schema.TaggedStruct("Unavailable", { what: Unavailable.fields.what })
)

const decodeDetails = Schema.decodeUnknownEither(Details)

const rebuild = (details: typeof Details.Type, message: string): CoreError => {
  switch (details._tag) {
    case "InvalidRequest":
      return new InvalidRequest({ message })
    case "NotFound":
      return new NotFound(details)
    case "AlreadyExists":
      return new AlreadyExists(details)
    case "Unauthenticated":
      return new Unauthenticated()
    case "PermissionDenied":
      return new PermissionDenied()
    case "NotAllowed":
      return new NotAllowed({ message })
    case "LimitExceeded":
      return new LimitExceeded(details)
    case "CursorExpired":
      return new CursorExpired()
    case "Busy":
      return new Busy(details)
    case "Unavailable":
      return new Unavailable({ what: details.what })
  }
}

/** The nearest error where the answer did not come from Postroom itself but from a proxy or the transport. */
const byCode = (error: ConnectError): CoreError | ConnectError => {
  switch (error.code) {
    case Code.InvalidArgument:
      return new InvalidRequest({ message: error.rawMessage })
    case Code.FailedPrecondition:
      return new NotAllowed({ message: error.rawMessage })
    case Code.Unauthenticated:
      return new Unauthenticated()
    case Code.PermissionDenied:
      return new PermissionDenied()
    case Code.OutOfRange:
      return new CursorExpired()
    case Code.Unavailable:
      return new Unavailable({ what: "mailbox", cause: error })
    default:
      return error
  }
}

/** What a client makes of a failed call: the error that the server had, or the transport's own where it is none of ours. */
export const fromConnectError = (thrown: unknown): CoreError | ConnectError => {
  const error = ConnectError.from(thrown)
  const info = error.findDetails(ErrorInfoSchema).find((detail) => detail.domain === domain)
  if (info === undefined) return byCode(error)
  const details = decodeDetails({ _tag: info.reason, ...info.metadata })
  return Either.isRight(details) ? rebuild(details.right, error.rawMessage) : byCode(error)
}
