import type { MessageInitShape } from "@bufbuild/protobuf"
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt"
import { InvalidRequest } from "../../domain/errors.ts"
import { MailboxId, TenantId } from "../../domain/ids.ts"
import type { Token } from "../../storage/directory/Credentials.ts"
import type { Alias, MailDomain, Tenant, User, UserRole } from "../../storage/directory/Directory.ts"
import * as wire from "../gen/postroom/core/v1/admin_pb.ts"

const refuse = (message: string): never => {
  throw new InvalidRequest({ message })
}

export const roleFromWire = (role: wire.UserRole): UserRole => {
  switch (role) {
    case wire.UserRole.USER:
      return "user"
    case wire.UserRole.SUPPORT:
      return "support"
    case wire.UserRole.ADMIN:
      return "admin"
    default:
      return refuse("A role is not known.")
  }
}

const roles = {
  user: wire.UserRole.USER,
  support: wire.UserRole.SUPPORT,
  admin: wire.UserRole.ADMIN
} satisfies Record<UserRole, wire.UserRole>

export const roleToWire = (role: UserRole): wire.UserRole => roles[role]

export const statusFromWire = (status: wire.UserStatus): User["status"] => {
  if (status === wire.UserStatus.ACTIVE) return "active"
  return status === wire.UserStatus.DISABLED ? "disabled" : refuse("A status is active or disabled.")
}

export const statusToWire = (status: User["status"]): wire.UserStatus =>
  status === "active" ? wire.UserStatus.ACTIVE : wire.UserStatus.DISABLED

/** 0 = no quota. */
export const quotaFromWire = (value: bigint): number | null => {
  if (value === 0n) return null
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : refuse("The quota is too large.")
}

export const tenantFromWire = ({ id, name }: wire.Tenant): Tenant => ({ id: TenantId(id), name })

export const domainToWire = (domain: MailDomain): MessageInitShape<typeof wire.MailDomainSchema> => ({
  name: domain.name,
  tenantId: domain.tenantId,
  catchAllMailboxId: domain.catchAll ?? ""
})

export const domainFromWire = (domain: wire.MailDomain): MailDomain => ({
  name: domain.name,
  tenantId: TenantId(domain.tenantId),
  catchAll: domain.catchAllMailboxId === "" ? null : MailboxId(domain.catchAllMailboxId)
})

export const userToWire = (user: User): MessageInitShape<typeof wire.UserSchema> => ({
  id: user.id,
  tenantId: user.tenantId,
  address: user.email,
  displayName: user.displayName,
  status: statusToWire(user.status),
  roles: user.roles.map(roleToWire),
  quotaBytes: BigInt(user.quotaBytes ?? 0)
})

export const userFromWire = (user: wire.User): User => ({
  id: MailboxId(user.id),
  tenantId: TenantId(user.tenantId),
  email: user.address,
  displayName: user.displayName,
  status: statusFromWire(user.status),
  roles: user.roles.map(roleFromWire),
  quotaBytes: quotaFromWire(user.quotaBytes)
})

export const aliasFromWire = ({ address, userId }: wire.Alias): Alias => ({
  address,
  userId: MailboxId(userId)
})

export const tokenToWire = (token: Token): MessageInitShape<typeof wire.TokenSchema> => ({
  id: token.id,
  label: token.label,
  createdAt: timestampFromMs(token.createdAt),
  ...(token.expiresAt === null ? {} : { expiresAt: timestampFromMs(token.expiresAt) })
})

/** A token as its owner sees it. */
export type OwnToken = Omit<Token, "userId">

export const tokenFromWire = ({ id, label, createdAt, expiresAt }: wire.Token): OwnToken => ({
  id,
  label,
  createdAt: createdAt === undefined ? 0 : timestampMs(createdAt),
  expiresAt: expiresAt === undefined ? null : timestampMs(expiresAt)
})
