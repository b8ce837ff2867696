import type { BodyOptions } from "../content/bodyOptions.ts"
import type { Element } from "../wbxml/element.ts"
import type { ItemClass } from "./itemClasses.ts"

/** What a Sync asks for, its shape checked (MS-ASCMD 2.2.2.21). */
export interface SyncRequest {
  /** In the order of the request: so they are processed (MS-ASCMD 2.2.3.199). */
  readonly collections: ReadonlyArray<CollectionRequest>
  /** How long to wait for changes; null = not at all. */
  readonly waitSeconds: number | null
  /** Most items of all collections together; null = that it does not say. */
  readonly windowSize: number | null
  /** What is not listed is as it was in the request before (MS-ASCMD 2.2.3.129). */
  readonly isPartial: boolean
}

export interface CollectionRequest {
  readonly collectionId: string
  readonly syncKey: string
  readonly deletesAsMoves: boolean
  readonly getChanges: boolean
  readonly windowSize: number
  /** Null where it said nothing: as it was before. */
  readonly conversationMode: boolean | null
  /** Null where there is no block: those before hold (MS-ASCMD 2.2.3.125.5). */
  readonly options: ReadonlyArray<OptionsBlock> | null
  readonly commands: ReadonlyArray<ClientCommand>
}

/** One Options block. */
export interface OptionsBlock {
  /** Null = the class of the folder. */
  readonly itemClass: ItemClass | null
  readonly filterType: number
  /** Whose change wins where both sides changed an item. */
  readonly conflict: "client" | "server"
  readonly body: BodyOptions
}

export type ClientCommand =
  | {
      readonly _tag: "Add"
      readonly clientId: string
      readonly itemClass: ItemClass | null
      readonly properties: Element
      readonly send: boolean
    }
  | {
      readonly _tag: "Change"
      readonly serverId: string
      readonly instanceId: string | null
      readonly properties: Element
      readonly send: boolean
    }
  | { readonly _tag: "Delete"; readonly serverId: string; readonly instanceId: string | null }
  | { readonly _tag: "Fetch"; readonly serverId: string }

/** The whole request is refused; `limit` goes with 14 and 15 (MS-ASCMD 2.2.3.177.17). 164 is of the body part (MS-ASCON). */
export interface SyncRefusal {
  readonly status: number
  readonly limit: number | null
}

export const protocolError: SyncRefusal = { status: 4, limit: null }

/** MS-ASCMD 2.2.3.199: absent, and the most that is told at once. */
export const windowSizes = { default: 100, max: 512 } as const

/** MS-ASCMD 3.1.5.10: of Add, Change, Delete and Fetch together. */
export const maxCommands = 200
