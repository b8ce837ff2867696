import type { CommandName } from "./Command.ts"

/** Codes of commands in base64 queries (MS-ASHTTP 2.2.1.1.1.1.2). */
const codes: Record<CommandName, number> = {
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

const isName = (text: string): text is CommandName => text in codes

export const commandNames: ReadonlyArray<CommandName> = Object.keys(codes).filter(isName)

const byCode = new Map(commandNames.map((name) => [codes[name], name]))
const byName = new Map(commandNames.map((name) => [name.toLowerCase(), name]))

/** Null where no command has this code. */
export const commandOfCode = (code: number): CommandName | null => byCode.get(code) ?? null

/** In any case; null where no command is called so. */
export const commandOfName = (name: string): CommandName | null => byName.get(name.toLowerCase()) ?? null
