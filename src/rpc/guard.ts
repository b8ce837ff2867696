import type { DescMethod } from "@bufbuild/protobuf"
import { Cause, Clock, Context, Effect, Exit, Stream } from "effect"
import { type CoreError, PermissionDenied } from "../domain/errors.ts"
import type { MailboxId } from "../domain/ids.ts"
import { principalName, type UserPrincipal } from "../identity/Principal.ts"
import type { Audit } from "../storage/audit/Audit.ts"
import type { AuthorizeOptions } from "./authorize.ts"
import { type Access, type MailTarget, makeAuthorizer, type Requirement, requirementOf } from "./authorize.ts"
import type { Call } from "./Call.ts"
import { Right } from "./gen/postroom/core/v1/rights_pb.ts"

/** A call that was let in. Handlers ask for it, and only the guard makes one: an unguarded handler does not compile. */
export interface Authorized extends Call {
  readonly access: Access
}

/** A call of a person about what is theirs. */
export interface OwnCall extends Authorized {
  readonly principal: UserPrincipal
}

type Handler<I, A> = (call: Authorized, input: I) => Effect.Effect<A, CoreError>
type StreamHandler<I, A> = (call: Authorized, input: I) => Stream.Stream<A, CoreError>
type Guarded<I, A> = (call: Call, input: I) => Effect.Effect<A, CoreError>
type GuardedStream<I, A> = (call: Call, input: I) => Stream.Stream<A, CoreError>

export interface GuardOptions extends AuthorizeOptions {
  readonly audit: Audit["Type"]
  /** False leaves calls that only look out of the audit trail, unless they are refused. */
  readonly auditsReads: boolean
}

/**
 * Wraps handlers: reads the right from the method's options, checks it, runs the handler, writes the audit event.
 * A unary call is audited when it ends, with its outcome; a stream when it is let in or refused.
 */
export interface GuardMethods {
  /** A method on one mailbox. `narrow` may ask for other rights than the method's own, from what the input says. */
  readonly mail: <I extends MailTarget, A>(
    method: DescMethod,
    handler: Handler<I, A>,
    options?: { readonly narrow?: (input: I) => ReadonlyArray<Right> }
  ) => Guarded<I, A>
  readonly mailStream: <I extends MailTarget, A>(
    method: DescMethod,
    handler: StreamHandler<I, A>
  ) => GuardedStream<I, A>
  /** A method on the platform. `resource` names what it is done to, by ids; `details` counts. */
  readonly platform: <I, A>(
    method: DescMethod,
    handler: Handler<I, A>,
    options?: {
      readonly resource?: (input: I) => string
      readonly details?: (input: I) => Readonly<Record<string, string | number | boolean>>
    }
  ) => Guarded<I, A>
  readonly platformStream: <I, A>(method: DescMethod, handler: StreamHandler<I, A>) => GuardedStream<I, A>
  /** A method on what belongs to one person: for that person, and for whom the platform gives the right. */
  readonly owned: <I extends { readonly mailboxId: MailboxId }, A>(
    method: DescMethod,
    handler: Handler<I, A>,
    options?: { readonly resource?: (input: I) => string }
  ) => Guarded<I, A>
  /** What a protocol does for a person with what is theirs by its nature. It asks for no right; it is audited where `resource` is said. */
  readonly own: <I, A>(
    action: string,
    handler: (call: OwnCall, input: I) => Effect.Effect<A, CoreError>,
    options?: { readonly resource?: (input: I) => string }
  ) => Guarded<I, A>
}

/** The one guard of the process, shared by `Core`, `Admin` and `Queues`. */
export class Guard extends Context.Tag("postroom/rpc/Guard")<Guard, GuardMethods>() {}

type Details = Readonly<Record<string, string | number | boolean>>

export const makeGuard = (options: GuardOptions): GuardMethods => {
  const authorizer = makeAuthorizer(options)

  const write = (
    call: Call,
    entry: {
      readonly action: string
      readonly resource: string
      readonly details: Details
      readonly outcome: string
    }
  ): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      options.audit.record({
        at,
        actor: principalName(call.principal),
        actorIp: call.remote,
        action: entry.action,
        resource: entry.resource,
        correlationId: call.correlationId,
        details: { ...entry.details, outcome: entry.outcome, origin: call.origin }
      })
    )

  const record = (
    method: DescMethod,
    call: Call,
    entry: {
      readonly right: Right
      readonly resource: string
      readonly details: Details
      readonly outcome: string
    }
  ): Effect.Effect<void> => {
    if (!options.auditsReads && entry.outcome === "ok" && readRights.has(entry.right)) return Effect.void
    return write(call, { ...entry, action: `${method.parent.name}/${method.name}` })
  }

  const mail: GuardMethods["mail"] = (method, handler, { narrow } = {}) => {
    const requirement = requirementOf(method)
    return (call, input) => {
      const rights = narrow?.(input) ?? [requirement.right]
      return Effect.onExit(
        Effect.flatMap(authorizeAll(call, input, { requirement, rights }), (access) =>
          handler({ ...call, access }, input)
        ),
        (exit) =>
          record(method, call, { right: requirement.right, ...named(input), outcome: outcomeOf(exit) })
      )
    }
  }

  const authorizeAll = (
    call: Call,
    input: MailTarget,
    wanted: { readonly requirement: Requirement; readonly rights: ReadonlyArray<Right> }
  ): Effect.Effect<Access, CoreError> => {
    const [first = wanted.requirement.right, ...others] = wanted.rights
    const check = (right: Right) => authorizer.mail({ ...wanted.requirement, right }, call.principal, input)
    return Effect.zipLeft(check(first), Effect.forEach(others, check, { discard: true }))
  }

  return {
    mail,
    mailStream: (method, handler) => {
      const requirement = requirementOf(method)
      return (call, input) =>
        Stream.unwrap(
          authorizer.mail(requirement, call.principal, input).pipe(
            Effect.onExit((exit) =>
              record(method, call, { right: requirement.right, ...named(input), outcome: outcomeOf(exit) })
            ),
            Effect.map((access) => handler({ ...call, access }, input))
          )
        )
    },
    platform: (method, handler, { resource, details } = {}) => {
      const requirement = requirementOf(method)
      return (call, input) =>
        Effect.onExit(
          Effect.flatMap(authorizer.platform(requirement, call.principal), (access) =>
            handler({ ...call, access }, input)
          ),
          (exit) =>
            record(method, call, {
              right: requirement.right,
              resource: resource?.(input) ?? "platform",
              details: details?.(input) ?? {},
              outcome: outcomeOf(exit)
            })
        )
    },
    platformStream: (method, handler) => {
      const requirement = requirementOf(method)
      return (call, input) =>
        Stream.unwrap(
          authorizer.platform(requirement, call.principal).pipe(
            Effect.onExit((exit) =>
              record(method, call, {
                right: requirement.right,
                resource: "platform",
                details: {},
                outcome: outcomeOf(exit)
              })
            ),
            Effect.map((access) => handler({ ...call, access }, input))
          )
        )
    },
    owned: (method, handler, { resource } = {}) => {
      const requirement = requirementOf(method)
      return (call, input) =>
        Effect.onExit(
          Effect.flatMap(authorizer.owned(requirement, call.principal, input.mailboxId), (access) =>
            handler({ ...call, access }, input)
          ),
          (exit) =>
            record(method, call, {
              right: requirement.right,
              resource: resource?.(input) ?? `mailbox:${input.mailboxId}`,
              details: {},
              outcome: outcomeOf(exit)
            })
        )
    },
    own:
      (action, handler, { resource } = {}) =>
      (call, input) => {
        const { principal } = call
        if (principal._tag !== "User") return new PermissionDenied()
        const access = authorizer.own(principal)
        const done = handler({ ...call, principal, access }, input)
        if (resource === undefined) return done
        return Effect.onExit(done, (exit) =>
          write(call, { action, resource: resource(input), details: {}, outcome: outcomeOf(exit) })
        )
      }
  }
}

const readRights: ReadonlySet<Right> = new Set([
  Right.LOOKUP,
  Right.READ,
  Right.DIRECTORY_READ,
  Right.QUEUE_READ,
  Right.PLATFORM_READ,
  Right.POLICY_READ,
  Right.DEVICE_READ,
  Right.PEOPLE_READ
])

/** `ok`, the error's tag, `Interrupted` or `Defect`. */
const outcomeOf = (exit: Exit.Exit<unknown, CoreError>): string => {
  if (Exit.isSuccess(exit)) return "ok"
  const failure = Cause.failureOption(exit.cause)
  if (failure._tag === "Some") return failure.value._tag
  return Cause.isInterruptedOnly(exit.cause) ? "Interrupted" : "Defect"
}

const named = (target: MailTarget): { readonly resource: string; readonly details: Details } => {
  const folder = target.folderId ?? target.parentId
  const place = folder === undefined || folder === null ? "" : `/folder:${folder}`
  const message = target.messageId === undefined ? "" : `/message:${target.messageId}`
  const { messageIds, toFolderId } = target
  return {
    resource: `mailbox:${target.mailboxId}${place}${message}`,
    details: {
      ...(messageIds === undefined ? {} : { messages: messageIds.length }),
      ...(toFolderId === undefined || toFolderId === null ? {} : { toFolder: toFolderId })
    }
  }
}
