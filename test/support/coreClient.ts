import { ConnectError } from "@connectrpc/connect"
import { Context, Effect, Layer, Stream } from "effect"
import type { RpcClient } from "../../src/rpc/client.ts"
import { FolderRole } from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import { codeOf } from "../../src/rpc/status.ts"
import { type Platform, platformHere, type Settings } from "./platform.ts"

/** A platform that the tests of one file share. */
export class Here extends Context.Tag("test/Here")<Here, Platform>() {
  static readonly layer = Layer.scoped(Here, platformHere())
  static readonly layerWith = (settings: Settings) => Layer.scoped(Here, platformHere(settings))
}

export const clientOf = (name: string) =>
  Effect.flatMap(Here, (platform) => platform.client(`${name}@demo.test`))

export type Calls = RpcClient["mailbox"]

export const calling =
  (client: RpcClient) =>
  <A>(start: (calls: Calls) => Promise<A>) =>
    Effect.orDie(client.call(() => start(client.mailbox)))

/** The canonical code that a call fails with. */
export const codeOfCall = (client: RpcClient, start: (calls: Calls) => Promise<unknown>) =>
  client
    .call(() => start(client.mailbox))
    .pipe(
      Effect.flip,
      Effect.map((error) => (error instanceof ConnectError ? error.code : codeOf[error._tag])),
      Effect.orDie
    )

export const bytesOf = (
  client: RpcClient,
  start: (calls: Calls) => AsyncIterable<{ readonly data: Uint8Array }>
) =>
  client
    .stream(() => start(client.mailbox))
    .pipe(
      Stream.runCollect,
      Effect.map((pieces) => Buffer.concat([...pieces].map(({ data }) => data))),
      Effect.orDie
    )

export const inboxOf = (client: RpcClient) =>
  Effect.map(
    calling(client)((calls) => calls.listFolders({})),
    ({ folders }) => folders.find(({ role }) => role === FolderRole.INBOX)?.id ?? 0n
  )
