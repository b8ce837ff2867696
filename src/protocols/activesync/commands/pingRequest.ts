import { Either } from "effect"
import { integerOf } from "../scalars.ts"
import { childElements, childOf, childText, type Element, hasOnly } from "../wbxml/element.ts"

/** What a Ping says; what it leaves out is as it was (MS-ASCMD 2.2.2.12). */
export interface PingRequest {
  /** Seconds. */
  readonly heartbeat: number | null
  readonly collectionIds: ReadonlyArray<string> | null
}

export interface PingLimits {
  readonly minHeartbeatSeconds: number
  readonly maxHeartbeatSeconds: number
  readonly maxFolders: number
}

/** Why it is refused: 4 malformed, 5 with the nearest heartbeat, 6 with how many folders there may be. */
export type PingRefusal =
  | { readonly status: 4 }
  | { readonly status: 5; readonly heartbeat: number }
  | { readonly status: 6; readonly maxFolders: number }

const malformed = Either.left({ status: 4 } as const)

export const readPing = (document: Element, limits: PingLimits): Either.Either<PingRequest, PingRefusal> =>
  Either.gen(function* () {
    const isKnown = hasOnly(document, ["Ping:HeartbeatInterval", "Ping:Folders"])
    if (document.tag !== "Ping:Ping" || !isKnown) return yield* malformed
    return {
      heartbeat: yield* readHeartbeat(document, limits),
      collectionIds: yield* readFolders(document, limits)
    }
  })

const readHeartbeat = (
  document: Element,
  { minHeartbeatSeconds: min, maxHeartbeatSeconds: max }: PingLimits
): Either.Either<number | null, PingRefusal> => {
  const written = childOf(document, "Ping:HeartbeatInterval")
  if (written === undefined) return Either.right(null)
  const seconds = integerOf(written)
  if (seconds === undefined) return malformed
  if (seconds < min) return Either.left({ status: 5, heartbeat: min })
  return seconds > max ? Either.left({ status: 5, heartbeat: max }) : Either.right(seconds)
}

const readFolders = (
  document: Element,
  { maxFolders }: PingLimits
): Either.Either<ReadonlyArray<string> | null, PingRefusal> => {
  const written = childOf(document, "Ping:Folders")
  if (written === undefined) return Either.right(null)
  const folders = childElements(written)
  if (folders.length > maxFolders) return Either.left({ status: 6, maxFolders })
  const ids = folders.flatMap((folder) => readId(folder) ?? [])
  const areWhole = ids.length > 0 && ids.length === folders.length && new Set(ids).size === ids.length
  return areWhole ? Either.right(ids) : malformed
}

/** 1 to 64 characters (MS-ASCMD 2.2.3.86.1). */
const readId = (folder: Element): string | undefined => {
  const id = folder.tag === "Ping:Folder" ? childText(folder, "Ping:Id") : undefined
  return id === undefined || id === "" || id.length > 64 ? undefined : id
}
