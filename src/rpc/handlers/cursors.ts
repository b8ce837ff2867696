import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { SyncedFolders } from "../../domain/sync/Synchronise.ts"
import type { OwnCall } from "../guard.ts"
import type { SyncMethods } from "../Sync.ts"
import { askAbout, expect, newNonce, type SyncServices } from "./synchronise.ts"

type Input<Method extends keyof SyncMethods> = Parameters<SyncMethods[Method]>[1]
type Services = Pick<SyncServices, "router">

/** Removing a folder with much in it takes several commits; the last one answers. */
export const syncFolders =
  (services: Services) =>
  (
    call: OwnCall,
    { mailboxId, deviceId, key, change }: Input<"syncFolders">
  ): Effect.Effect<SyncedFolders, CoreError> => {
    const digest = createHash("sha256").update(JSON.stringify({ change })).digest("base64url")
    const wish = { deviceId, key, change }
    const once = Effect.suspend(() =>
      askAbout(services, call, mailboxId, { _tag: "SyncFolders", wish, digest, nonce: newNonce() })
    )
    return Effect.repeat(once, { while: ({ more }) => more }).pipe(
      Effect.flatMap(({ sync }) => expect(sync, "Folders")),
      Effect.map(({ folders }) => folders)
    )
  }

export const estimate =
  (services: Services) =>
  (call: OwnCall, { mailboxId, ...wish }: Input<"estimate">): Effect.Effect<number | null, CoreError> =>
    askAbout(services, call, mailboxId, { ...wish, _tag: "Estimate" }).pipe(
      Effect.flatMap(({ sync }) => expect(sync, "Estimate")),
      Effect.map(({ items }) => items)
    )

export const getCursors =
  (services: Services) =>
  (call: OwnCall, { mailboxId, deviceId, folderIds }: Input<"getCursors">) =>
    askAbout(services, call, mailboxId, { _tag: "LookUpDevice", deviceId, folderIds }).pipe(
      Effect.flatMap(({ sync }) => expect(sync, "Device")),
      Effect.map(({ device }) => device)
    )

export const resetCursors =
  (services: Services) =>
  (call: OwnCall, { mailboxId, deviceId, folderId }: Input<"resetCursors">): Effect.Effect<void, CoreError> =>
    Effect.asVoid(askAbout(services, call, mailboxId, { _tag: "ResetDevice", deviceId, folderId }))
