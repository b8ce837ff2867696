import type { CommandName } from "../../../src/protocols/activesync/Command.ts"
import type { PhoneOptions } from "./client.ts"

/** Parameters of commands (MS-ASHTTP 2.2.1.1.1.2.5). */
export interface Parameters {
  readonly attachmentName?: string
  readonly collectionId?: string
  readonly itemId?: string
  readonly longId?: string
  readonly occurrence?: string
  readonly saveInSent?: boolean
}

const names = [
  ["attachmentName", "AttachmentName", 0],
  ["collectionId", "CollectionId", 1],
  ["itemId", "ItemId", 3],
  ["longId", "LongId", 4],
  ["occurrence", "Occurrence", 6]
] as const

/** MS-ASHTTP 2.2.1.1.1.2. */
export const plainQuery = (
  command: CommandName,
  { address, deviceId, deviceType }: PhoneOptions,
  parameters: Parameters
): string => {
  const query = new URLSearchParams({
    Cmd: command,
    User: address,
    DeviceId: deviceId,
    DeviceType: deviceType
  })
  for (const [key, name] of names) {
    const value = parameters[key]
    if (value !== undefined) query.set(name, value)
  }
  if (parameters.saveInSent !== undefined) query.set("SaveInSent", parameters.saveInSent ? "T" : "F")
  return query.toString()
}

/** MS-ASHTTP 2.2.1.1.1.1.2, as the document has them: not read from what is tested. */
const codes: Readonly<Record<CommandName, number>> = {
  Sync: 0,
  SendMail: 1,
  SmartForward: 2,
  SmartReply: 3,
  GetAttachment: 4,
  FolderSync: 9,
  FolderCreate: 10,
  FolderDelete: 11,
  FolderUpdate: 12,
  MoveItems: 13,
  GetItemEstimate: 14,
  MeetingResponse: 15,
  Search: 16,
  Settings: 17,
  Ping: 18,
  ItemOperations: 19,
  Provision: 20,
  ResolveRecipients: 21,
  ValidateCert: 22,
  Find: 23
}

const usEnglish = [0x09, 0x04]

/** MS-ASHTTP 2.2.1.1.1.1. */
export const base64Query = (
  command: CommandName,
  { version, deviceId, deviceType, policyKey, multipart }: PhoneOptions,
  parameters: Parameters
): string => {
  const key = Buffer.alloc(policyKey === null ? 0 : 4)
  if (policyKey !== null) key.writeUInt32LE(Number(policyKey))
  const options = (parameters.saveInSent === true ? 1 : 0) + (multipart ? 2 : 0)
  return Buffer.concat([
    Buffer.from([Number(version) * 10, codes[command], ...usEnglish]),
    field(deviceId),
    field(key),
    field(deviceType),
    ...names.flatMap(([name, , tag]) => {
      const value = parameters[name]
      return value === undefined ? [] : [Buffer.from([tag]), field(value)]
    }),
    ...(options === 0 ? [] : [Buffer.from([7, 1, options])])
  ]).toString("base64")
}

const field = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
