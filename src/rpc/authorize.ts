import { type DescMethod, getOption } from "@bufbuild/protobuf"
import { Effect } from "effect"
import { LimitExceeded, NotFound, PermissionDenied, type Unavailable } from "../domain/errors.ts"
import type { FolderId, MailboxId, MessageId, TenantId } from "../domain/ids.ts"
import type { Principal, UserPrincipal } from "../identity/Principal.ts"
import type { Acl, Grant } from "../storage/acl/Acl.ts"
import type { MailboxReader } from "../storage/mailbox/MailboxReader.ts"
import { Right, requires, requires_on_target } from "./gen/postroom/core/v1/rights_pb.ts"

/** What a method's options ask for. */
export interface Requirement {
  readonly right: Right
  /** On `toFolderId`; UNSPECIFIED = nothing. */
  readonly onTarget: Right
}

/** Reads the rights that a method declares in `proto/`. A method that declares none is a defect. */
export const requirementOf = (method: DescMethod): Requirement => {
  const right = getOption(method, requires)
  if (right === Right.UNSPECIFIED)
    throw new Error(`${method.parent.typeName}/${method.name} declares no right`)
  return { right, onTarget: getOption(method, requires_on_target) }
}

/** What a call on a mailbox names; every input of such a call uses these words for it. */
export interface MailTarget {
  readonly mailboxId: MailboxId
  readonly folderId?: FolderId
  /** null = the top of the mailbox. */
  readonly parentId?: FolderId | null
  readonly toFolderId?: FolderId | null
  readonly messageId?: MessageId
  readonly messageIds?: ReadonlyArray<MessageId>
}

/** What a caller may do, as far as a handler has to mind it. */
export interface Access {
  /** The tenant that the call is confined to; null = all of them. */
  readonly tenantId: TenantId | null
  /** Whether the caller holds a right on a folder of the mailbox; null = on the whole mailbox. */
  readonly may: (right: Right, folderId: FolderId | null) => boolean
  /** Whether the caller holds a right on at least one folder. */
  readonly maySomewhere: (right: Right) => boolean
}

const everything = { may: () => true, maySomewhere: () => true }
const nothing = { may: () => false, maySomewhere: () => false }

/** Letters of RFC 4314 2.1 as they stand in `mail_state.acl`. */
const rightOfLetter: Readonly<Record<string, Right>> = {
  l: Right.LOOKUP,
  r: Right.READ,
  s: Right.WRITE_SEEN,
  w: Right.WRITE_FLAGS,
  i: Right.INSERT,
  k: Right.CREATE,
  x: Right.DELETE_FOLDER,
  t: Right.DELETE_MESSAGES,
  e: Right.EXPUNGE,
  a: Right.ADMINISTER,
  submit: Right.SUBMIT
}

const operatorRights: ReadonlySet<Right> = new Set([
  Right.DIRECTORY_READ,
  Right.DIRECTORY_WRITE,
  Right.QUEUE_READ,
  Right.QUEUE_OPERATE,
  Right.PLATFORM_READ,
  Right.PLATFORM_WRITE,
  Right.POLICY_READ,
  Right.POLICY_WRITE,
  Right.DEVICE_READ,
  Right.DEVICE_WRITE,
  Right.PEOPLE_READ
])
const adminRights: ReadonlySet<Right> = new Set([
  Right.DIRECTORY_READ,
  Right.DIRECTORY_WRITE,
  Right.QUEUE_READ,
  Right.QUEUE_OPERATE,
  Right.POLICY_READ,
  Right.POLICY_WRITE,
  Right.DEVICE_READ,
  Right.DEVICE_WRITE,
  Right.PEOPLE_READ
])
const supportRights: ReadonlySet<Right> = new Set([
  Right.DIRECTORY_READ,
  Right.QUEUE_READ,
  Right.POLICY_READ,
  Right.DEVICE_READ,
  Right.PEOPLE_READ
])
/** Of everybody who belongs to a tenant. */
const userRights: ReadonlySet<Right> = new Set([Right.PEOPLE_READ])
/** Of everybody, on what is their own. */
const ownRights: ReadonlySet<Right> = new Set([Right.DEVICE_READ, Right.DEVICE_WRITE])
const noRights: ReadonlySet<Right> = new Set()

type RightsByName = ReadonlyMap<string, ReadonlySet<Right>>

/** Of parts of the platform, by their names. */
const serviceRights: RightsByName = new Map([["worker-ingest", new Set([Right.DELIVER])]])

/** What they may do in every mailbox. */
const serviceMailRights: RightsByName = new Map([["worker-retention", new Set([Right.EXPUNGE])]])

/** Rights that come with who somebody is, apart from any mailbox. */
export const platformRights = (principal: Principal): ReadonlySet<Right> => {
  switch (principal._tag) {
    case "Operator":
      return operatorRights
    case "Service":
      return serviceRights.get(principal.name) ?? noRights
    case "User":
      if (principal.roles.includes("admin")) return adminRights
      return principal.roles.includes("support") ? supportRights : userRights
  }
}

export interface AuthorizeOptions {
  readonly acl: Acl["Type"]
  readonly reader: MailboxReader["Type"]
  /** Messages that a call may name. */
  readonly maxBatch: number
  /** Lets operators look into mailboxes (LOOKUP and READ); their calls are audited like all others. */
  readonly operatorReadsMail: boolean
}

export type AuthorizeError = PermissionDenied | NotFound | LimitExceeded | Unavailable

/** Decides who may do what. The only place where that is decided. */
export const makeAuthorizer = (options: AuthorizeOptions) => {
  const mailboxAccess = (
    principal: Principal,
    mailboxId: MailboxId
  ): Effect.Effect<Access, AuthorizeError> => {
    switch (principal._tag) {
      case "User":
        if (principal.mailboxId === mailboxId) {
          return Effect.succeed({ tenantId: principal.tenantId, ...everything })
        }
        return Effect.flatMap(options.acl.lookUp(mailboxId, principal.mailboxId), ({ tenantId, grants }) =>
          tenantId === principal.tenantId
            ? Effect.succeed({ tenantId, ...granted(grants) })
            : // What another tenant has must not even be known to exist.
              Effect.fail(new NotFound({ what: "mailbox" }))
        )
      case "Operator": {
        if (!options.operatorReadsMail) return Effect.fail(new PermissionDenied())
        const may = (right: Right) => right === Right.LOOKUP || right === Right.READ
        return Effect.succeed({ tenantId: null, may, maySomewhere: may })
      }
      case "Service": {
        const rights = serviceMailRights.get(principal.name)
        if (rights === undefined) return Effect.fail(new PermissionDenied())
        const may = (right: Right) => rights.has(right)
        return Effect.succeed({ tenantId: null, may, maySomewhere: may })
      }
    }
  }

  /** Every message that a call names must lie where the caller has the right. */
  const onMessages = (
    access: Access,
    right: Right,
    target: MailTarget
  ): Effect.Effect<void, AuthorizeError> => {
    const ids = target.messageIds ?? (target.messageId === undefined ? [] : [target.messageId])
    if (ids.length > options.maxBatch) {
      return Effect.fail(new LimitExceeded({ limit: "batch", max: options.maxBatch }))
    }
    if (access.may(right, null)) return Effect.void
    return Effect.flatMap(options.reader.messages(target.mailboxId, ids), (messages) => {
      const refused = messages.find((message) => !access.may(right, message.folderId))
      if (refused === undefined) return somewhere(access, right)
      return Effect.fail(
        access.may(Right.LOOKUP, refused.folderId)
          ? new PermissionDenied()
          : new NotFound({ what: "message" })
      )
    })
  }

  const onNamed = (access: Access, right: Right, target: MailTarget): Effect.Effect<void, AuthorizeError> => {
    if (target.messageId !== undefined || target.messageIds !== undefined)
      return onMessages(access, right, target)
    if (target.folderId !== undefined) return onFolder(access, right, target.folderId)
    if (target.parentId !== undefined) return onFolder(access, right, target.parentId)
    return somewhere(access, right)
  }

  const platform = (
    requirement: Requirement,
    principal: Principal
  ): Effect.Effect<Access, PermissionDenied> =>
    platformRights(principal).has(requirement.right)
      ? Effect.succeed({ tenantId: principal._tag === "User" ? principal.tenantId : null, ...nothing })
      : Effect.fail(new PermissionDenied())

  const own = ({ tenantId }: UserPrincipal): Access => ({ tenantId, ...everything })

  return {
    /** Confines the call to the caller's tenant, or refuses it. */
    platform,
    own,
    /** The same, but lets people do some things with what is their own. */
    owned: (
      requirement: Requirement,
      principal: Principal,
      mailboxId: MailboxId
    ): Effect.Effect<Access, PermissionDenied> =>
      principal._tag === "User" && principal.mailboxId === mailboxId && ownRights.has(requirement.right)
        ? Effect.succeed(own(principal))
        : platform(requirement, principal),
    /** The caller's access to the mailbox, where it allows what `requirement` asks on what `target` names. */
    mail: (
      requirement: Requirement,
      principal: Principal,
      target: MailTarget
    ): Effect.Effect<Access, AuthorizeError> =>
      Effect.tap(mailboxAccess(principal, target.mailboxId), (access) =>
        Effect.zipRight(
          onNamed(access, requirement.right, target),
          requirement.onTarget === Right.UNSPECIFIED || target.toFolderId === undefined
            ? Effect.void
            : onFolder(access, requirement.onTarget, target.toFolderId)
        )
      )
  }
}

const ofWholeMailbox: ReadonlySet<Right> = new Set([Right.ADMINISTER, Right.SUBMIT])

const granted = (grants: ReadonlyArray<Grant>): Pick<Access, "may" | "maySomewhere"> => {
  const held = grants.map(({ folderId, rights }) => {
    const known = rights.flatMap((letter) => rightOfLetter[letter] ?? [])
    return {
      folderId,
      rights: new Set(known.filter((right) => folderId === null || !ofWholeMailbox.has(right)))
    }
  })
  return {
    may: (right, folderId) =>
      held.some(
        (grant) => (grant.folderId === null || grant.folderId === folderId) && grant.rights.has(right)
      ),
    maySomewhere: (right) => held.some((grant) => grant.rights.has(right))
  }
}

const somewhere = (access: Access, right: Right): Effect.Effect<void, PermissionDenied> =>
  access.maySomewhere(right) ? Effect.void : Effect.fail(new PermissionDenied())

const onFolder = (
  access: Access,
  right: Right,
  folderId: FolderId | null
): Effect.Effect<void, PermissionDenied | NotFound> => {
  if (access.may(right, folderId)) return Effect.void
  // RFC 4314 6: a folder that may not be looked up is as good as not there.
  return Effect.fail(
    folderId === null || access.may(Right.LOOKUP, folderId)
      ? new PermissionDenied()
      : new NotFound({ what: "folder" })
  )
}
