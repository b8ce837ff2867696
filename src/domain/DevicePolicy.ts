/** What a setting of a policy may be: on or off, a number, or a list of names. */
export type PolicyRule =
  | { readonly kind: "flag"; readonly default: boolean }
  /** Null = there is no such limit. */
  | {
      readonly kind: "number"
      readonly default: number | null
      readonly isAllowed: (value: number) => boolean
    }
  | { readonly kind: "list" }
  /** What the server cannot do, and devices are told not to ask of it. */
  | { readonly kind: "off" }

const flag = (whenUnset: boolean): PolicyRule => ({ kind: "flag", default: whenUnset })

const number = (whenUnset: number | null, least: number, most: number): PolicyRule => ({
  kind: "number",
  default: whenUnset,
  isAllowed: (value) => value >= least && value <= most
})

const oneOf = (whenUnset: number, ...values: ReadonlyArray<number>): PolicyRule => ({
  kind: "number",
  default: whenUnset,
  isAllowed: (value) => values.includes(value)
})

const maxInteger = 2 ** 31 - 1

/**
 * What devices may be told to do, in the order and with the names of EASProvisionDoc (MS-ASPROV 2.2.2.28). Defaults forbid
 * nothing. The server keeps no passwords of devices (MS-ASPROV_R299).
 */
export const policyRules = {
  DevicePasswordEnabled: flag(false),
  AlphanumericDevicePasswordRequired: flag(false),
  PasswordRecoveryEnabled: { kind: "off" },
  RequireStorageCardEncryption: flag(false),
  AttachmentsEnabled: flag(true),
  MinDevicePasswordLength: number(null, 1, 16),
  MaxInactivityTimeDeviceLock: number(null, 1, 9_998),
  MaxDevicePasswordFailedAttempts: number(null, 4, 16),
  MaxAttachmentSize: number(null, 0, maxInteger),
  AllowSimpleDevicePassword: flag(true),
  DevicePasswordExpiration: number(null, 0, 730),
  DevicePasswordHistory: number(0, 0, 50),
  AllowStorageCard: flag(true),
  AllowCamera: flag(true),
  RequireDeviceEncryption: flag(false),
  AllowUnsignedApplications: flag(true),
  AllowUnsignedInstallationPackages: flag(true),
  MinDevicePasswordComplexCharacters: number(1, 1, 4),
  AllowWiFi: flag(true),
  AllowTextMessaging: flag(true),
  AllowPOPIMAPEmail: flag(true),
  AllowBluetooth: number(2, 0, 2),
  AllowIrDA: flag(true),
  RequireManualSyncWhenRoaming: flag(false),
  AllowDesktopSync: flag(true),
  MaxCalendarAgeFilter: oneOf(0, 0, 4, 5, 6, 7),
  AllowHTMLEmail: flag(true),
  MaxEmailAgeFilter: number(0, 0, 5),
  MaxEmailBodyTruncationSize: number(-1, -1, maxInteger),
  MaxEmailHTMLBodyTruncationSize: number(-1, -1, maxInteger),
  RequireSignedSMIMEMessages: flag(false),
  RequireEncryptedSMIMEMessages: flag(false),
  RequireSignedSMIMEAlgorithm: number(0, 0, 1),
  RequireEncryptionSMIMEAlgorithm: number(0, 0, 4),
  AllowSMIMEEncryptionAlgorithmNegotiation: number(2, 0, 2),
  AllowSMIMESoftCerts: flag(true),
  AllowBrowser: flag(true),
  AllowConsumerEmail: flag(true),
  AllowRemoteDesktop: flag(true),
  AllowInternetSharing: flag(true),
  UnapprovedInROMApplicationList: { kind: "list" },
  ApprovedApplicationList: { kind: "list" }
} as const satisfies Record<string, PolicyRule>

export type PolicyName = keyof typeof policyRules
export type PolicyValue = boolean | number | ReadonlyArray<string>

/** What a tenant wants of its devices. */
export interface DevicePolicy {
  /** What was said; for the rest the defaults hold. */
  readonly settings: Readonly<Partial<Record<PolicyName, PolicyValue>>>
  /** Lets devices in that do not provision, or cannot do all that is asked. */
  readonly allowsNonProvisionable: boolean
  /** Lets devices in whose policy comes from elsewhere. */
  readonly allowsExternallyManaged: boolean
  /** Devices fetch the policy anew after so many hours; null = only when it changed. */
  readonly refreshHours: number | null
}

/** Asks nothing: what a device gets to acknowledge that asks where there is no policy. */
export const permissivePolicy: DevicePolicy = {
  settings: {},
  allowsNonProvisionable: true,
  allowsExternallyManaged: true,
  refreshHours: null
}

/** What becomes of a device that nobody has seen before. */
export type DefaultAccess = "allowed" | "blocked" | "quarantined"

/** How a tenant treats devices. */
export interface DeviceRules {
  /** Null = devices are asked nothing, and let in without a challenge. */
  readonly policy: DevicePolicy | null
  readonly defaultAccess: DefaultAccess
  readonly maxDevices: number
}

/** As many as Exchange lets one mailbox have. */
export const defaultRules: DeviceRules = { policy: null, defaultAccess: "allowed", maxDevices: 100 }

const isPolicyName = (name: string): name is PolicyName => Object.hasOwn(policyRules, name)

/** In the order of EASProvisionDoc. */
export const policyNames: ReadonlyArray<PolicyName> = Object.keys(policyRules).filter(isPolicyName)

/** Names are found whatever their case. */
export const policyNameOf = (name: string): PolicyName | undefined =>
  policyNames.find((known) => known.toLowerCase() === name.toLowerCase())

const maxListed = 100
const maxListedLength = 256

/** A value as people write it; undefined where the setting cannot have it. Lists are separated by commas. */
export const readPolicyValue = (name: PolicyName, text: string): PolicyValue | undefined => {
  const rule: PolicyRule = policyRules[name]
  switch (rule.kind) {
    case "flag":
      if (["1", "true", "on", "yes"].includes(text.toLowerCase())) return true
      return ["0", "false", "off", "no"].includes(text.toLowerCase()) ? false : undefined
    case "number": {
      const value = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
      return rule.isAllowed(value) ? value : undefined
    }
    case "list": {
      const listed = text.split(",").map((entry) => entry.trim())
      const isRight = listed.every((entry) => entry !== "" && entry.length <= maxListedLength)
      return isRight && listed.length <= maxListed ? listed : undefined
    }
    case "off":
      return undefined
  }
}

export const maxRefreshHours = 24 * 365
