import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import type { EmptyCollection } from "../content/serverId.ts"
import type { ItemClass } from "./itemClasses.ts"

/** A folder that every device is shown and that holds nothing yet. */
export interface EmptyFolder {
  readonly id: EmptyCollection
  readonly name: string
  /** MS-ASCMD 2.2.3.186.3. */
  readonly type: number
  /** Null: of the recipient information cache, which has items of its own kind. */
  readonly itemClass: ItemClass | null
  readonly since: ProtocolVersion
}

const folders: Readonly<Record<EmptyCollection, Omit<EmptyFolder, "id">>> = {
  calendar: { name: "Calendar", type: 8, itemClass: "Calendar", since: "12.1" },
  contacts: { name: "Contacts", type: 9, itemClass: "Contacts", since: "12.1" },
  tasks: { name: "Tasks", type: 7, itemClass: "Tasks", since: "12.1" },
  notes: { name: "Notes", type: 10, itemClass: "Notes", since: "14.0" },
  recipients: { name: "RecipientInfo", type: 19, itemClass: null, since: "14.0" }
}

const names: ReadonlyArray<EmptyCollection> = ["calendar", "contacts", "tasks", "notes", "recipients"]

export const emptyFolder = (id: EmptyCollection): EmptyFolder => ({ id, ...folders[id] })

/** Those that a device of this version is shown. */
export const emptyFolders = (version: ProtocolVersion): ReadonlyArray<EmptyFolder> =>
  names.map(emptyFolder).filter(({ since }) => isAtLeast(version, since))
