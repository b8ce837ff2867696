import type { MailboxId, TenantId } from "../domain/ids.ts"

/** A signed-in person. */
export interface UserPrincipal {
  readonly _tag: "User"
  /** The mailbox of the person, equal to the user's id. */
  readonly mailboxId: MailboxId
  readonly tenantId: TenantId
  /** Primary address: what mail of this person is from. */
  readonly address: string
  /** `admin` and `support` reach the directory and queues of their tenant, never other people's mail. */
  readonly roles: ReadonlyArray<"admin" | "support" | "user">
}

/** A part of the platform that acts for itself: ingest, relay, retention. */
export interface ServicePrincipal {
  readonly _tag: "Service"
  readonly name: string
}

/** Whoever runs the platform: the CLI with the operator's token, above all tenants. */
export interface OperatorPrincipal {
  readonly _tag: "Operator"
}

/** The authenticated caller; every call on `Core` carries one. */
export type Principal = UserPrincipal | ServicePrincipal | OperatorPrincipal

/** How the caller is named in audit rows: ids only. */
export const principalName = (principal: Principal): string => {
  switch (principal._tag) {
    case "User":
      return `user:${principal.mailboxId}`
    case "Service":
      return `service:${principal.name}`
    case "Operator":
      return "operator"
  }
}
