import { Effect } from "effect"
import {
  type CoreError,
  InvalidRequest,
  LimitExceeded,
  NotAllowed,
  PermissionDenied
} from "../../domain/errors.ts"
import type { MailboxId } from "../../domain/ids.ts"
import type { Intake, Recipient, RecipientRefused } from "../../pipeline/Intake.ts"
import type { MimeReader } from "../../protocols/mime/MimeReader.ts"
import type { Directory } from "../../storage/directory/Directory.ts"
import type { CoreMethods, Submitted } from "../Core.ts"
import type { CoreLimits } from "../CoreConfig.ts"
import type { Authorized } from "../guard.ts"
import { type DispatchServices, dispatch, wasDispatched } from "./dispatch.ts"

export interface SubmitServices extends DispatchServices {
  readonly directory: Directory["Type"]
  readonly intake: Intake["Type"]
  readonly mime: MimeReader["Type"]
  readonly limits: CoreLimits
}

type Input = Parameters<CoreMethods["submit"]>[1]

/** Checks who sends as whom and who is meant, then hands all of it over in one commit. */
export const submit =
  (services: SubmitServices) =>
  (call: Authorized, input: Input): Effect.Effect<Submitted, CoreError> =>
    Effect.gen(function* () {
      const { tenantId } = call.access
      if (tenantId === null) return yield* new PermissionDenied()
      yield* checkSize(input, services.limits)
      yield* checkSender(services, input)
      // Before anybody is looked up: what was sent may have filled a mailbox that would now be refused.
      if (yield* wasDispatched(services, input)) {
        return { localRecipients: 0, remoteRecipients: 0, isDuplicate: true }
      }
      const found = yield* Effect.forEach(
        input.recipients,
        (address, n) => place(services.intake, address, n),
        {
          concurrency: 8
        }
      )
      const local = found.flatMap((recipient) => (typeof recipient === "string" ? [] : [recipient]))
      const remote = [
        ...new Set(found.flatMap((recipient) => (typeof recipient === "string" ? [recipient] : [])))
      ]
      yield* dispatch(services, {
        call,
        tenantId,
        mailboxId: input.mailboxId,
        operationId: input.operationId,
        sender: input.sender,
        local,
        remote,
        raw: input.raw,
        savesInSent: input.savesInSent,
        notBefore: input.notBefore ?? null,
        hostname: services.limits.hostname
      })
      return { localRecipients: local.length, remoteRecipients: remote.length, isDuplicate: false }
    })

export const wasSubmitted =
  (services: SubmitServices) =>
  (_: Authorized, input: Parameters<CoreMethods["wasSubmitted"]>[1]): Effect.Effect<boolean, CoreError> =>
    wasDispatched(services, input)

const checkSize = (input: Input, limits: CoreLimits): Effect.Effect<void, CoreError> => {
  if (input.raw.length > limits.maxMessageBytes) {
    return Effect.fail(new LimitExceeded({ limit: "messageSize", max: limits.maxMessageBytes }))
  }
  if (input.recipients.length > limits.maxRecipients) {
    return Effect.fail(new LimitExceeded({ limit: "recipients", max: limits.maxRecipients }))
  }
  return input.recipients.length === 0
    ? Effect.fail(new InvalidRequest({ message: "A message needs a recipient." }))
    : Effect.void
}

/** Envelope sender and From field must be addresses of the mailbox that sends; the null sender is anybody's. */
const checkSender = (services: SubmitServices, input: Input): Effect.Effect<void, CoreError> =>
  Effect.gen(function* () {
    const max = services.limits.maxHeaderBytes
    const header = headerOf(input.raw, max)
    if (header === undefined) return yield* new LimitExceeded({ limit: "headers", max })
    const { envelope } = yield* services.mime.read(header)
    const authors = new Set(envelope.from.flatMap(({ address }) => (address === "" ? [] : [address])))
    if (authors.size === 0) return yield* new InvalidRequest({ message: "The message has no From field." })
    if (authors.size > maxAuthors)
      return yield* new InvalidRequest({ message: "The message has too many authors." })
    if (input.sender !== "") authors.add(input.sender)
    yield* Effect.forEach(authors, (address) => checkOwn(services.directory, input.mailboxId, address), {
      discard: true
    })
  })

const maxAuthors = 10

const checkOwn = (
  directory: Directory["Type"],
  mailboxId: MailboxId,
  address: string
): Effect.Effect<void, CoreError> =>
  directory.userByAddress(address).pipe(
    Effect.catchTags({
      InvalidRequest: () => Effect.fail(new PermissionDenied()),
      NotFound: () => Effect.fail(new PermissionDenied())
    }),
    Effect.filterOrFail(
      ({ id }) => id === mailboxId,
      () => new PermissionDenied()
    )
  )

/** A local recipient, or the address of one elsewhere. */
const place = (
  intake: Intake["Type"],
  address: string,
  index: number
): Effect.Effect<Recipient | string, CoreError> =>
  Effect.catchTag(intake.resolve(address), "RecipientRefused", ({ reason }) =>
    reason === "relayDenied" ? Effect.succeed(address) : Effect.fail(refusal(reason, index + 1))
  )

const refusal = (reason: Exclude<RecipientRefused["reason"], "relayDenied">, nth: number): CoreError => {
  switch (reason) {
    case "malformed":
      return new InvalidRequest({ message: `Recipient ${nth} is not an address.`, recipient: nth })
    case "unknownUser":
      return new InvalidRequest({ message: `Recipient ${nth} does not exist.`, recipient: nth })
    case "disabled":
      return new NotAllowed({ message: `Recipient ${nth} takes no mail.`, recipient: nth })
    case "overQuota":
      return new NotAllowed({ message: `The mailbox of recipient ${nth} is full.`, recipient: nth })
  }
}

/** Up to the first empty line; undefined where none comes within `max` octets of a longer message. */
const headerOf = (raw: Uint8Array, max: number): Uint8Array | undefined => {
  const start = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, max))
  const ends = [start.indexOf("\r\n\r\n"), start.indexOf("\n\n")].filter((at) => at >= 0)
  if (ends.length > 0) return start.subarray(0, Math.min(...ends) + 4)
  return raw.byteLength <= max ? start : undefined
}
