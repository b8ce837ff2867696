import { type ConfigError, Effect, Layer } from "effect"
import { Router } from "../actors/mailbox/MailboxProtocol.ts"
import { Intake } from "../pipeline/Intake.ts"
import { MimeReader } from "../protocols/mime/MimeReader.ts"
import { BlobStore } from "../storage/blobs/BlobStore.ts"
import { ContentStore } from "../storage/contents/ContentStore.ts"
import { Directory } from "../storage/directory/Directory.ts"
import { MailboxReader } from "../storage/mailbox/MailboxReader.ts"
import { Search } from "../storage/search/Search.ts"
import { Streams } from "../storage/streams/Streams.ts"
import { ThreadMoves } from "../storage/threads/ThreadMoves.ts"
import { Core, type CoreMethods } from "./Core.ts"
import { CoreConfig } from "./CoreConfig.ts"
import { MailboxService } from "./gen/postroom/core/v1/mailbox_pb.ts"
import { Guard } from "./guard.ts"
import { appendMessage } from "./handlers/append.ts"
import { listChanges, watch } from "./handlers/changes.ts"
import { makeCommands, rightsOfChangeFlags } from "./handlers/commands.ts"
import { getBodies, getBody, getPart, getRaw } from "./handlers/contents.ts"
import { deliver } from "./handlers/deliver.ts"
import { listByDate } from "./handlers/lists.ts"
import { getMailbox, getMessage, getMessages, listFolders, listMessages } from "./handlers/reads.ts"
import { search } from "./handlers/search.ts"
import { submit, wasSubmitted } from "./handlers/submit.ts"
import { listThread, moveThread } from "./handlers/threads.ts"
import { listOperations, undo } from "./handlers/undo.ts"

type Needs =
  | Guard
  | Router
  | MailboxReader
  | BlobStore
  | ContentStore
  | Directory
  | Streams
  | Intake
  | MimeReader
  | Search
  | ThreadMoves

/** `Core` in this process: every handler behind the guard. A method of the service without one does not compile. */
export const layer: Layer.Layer<Core, ConfigError.ConfigError, Needs> = Layer.effect(
  Core,
  Effect.gen(function* () {
    const guard = yield* Guard
    const services = {
      router: yield* Router,
      reader: yield* MailboxReader,
      blobs: yield* BlobStore,
      contents: yield* ContentStore,
      directory: yield* Directory,
      streams: yield* Streams,
      intake: yield* Intake,
      mime: yield* MimeReader,
      engine: yield* Search,
      threads: yield* ThreadMoves,
      limits: yield* CoreConfig
    }
    const { method } = MailboxService
    const commands = makeCommands(services.router)
    return {
      getMailbox: guard.mail(method.getMailbox, getMailbox(services)),
      listFolders: guard.mail(method.listFolders, listFolders(services)),
      listMessages: guard.mail(method.listMessages, listMessages(services)),
      listByDate: guard.mail(method.listByDate, listByDate(services)),
      listThread: guard.mail(method.listThread, listThread(services)),
      getMessage: guard.mail(method.getMessage, getMessage(services)),
      getBody: guard.mail(method.getBody, getBody(services)),
      getMessages: guard.mail(method.getMessages, getMessages(services)),
      getBodies: guard.mail(method.getBodies, getBodies(services)),
      getPart: guard.mailStream(method.getPart, getPart(services)),
      getRaw: guard.mailStream(method.getRaw, getRaw(services)),
      listChanges: guard.mail(method.listChanges, listChanges(services)),
      watch: guard.mailStream(method.watch, watch(services)),
      search: guard.mail(method.search, search(services)),
      changeFlags: guard.mail(method.changeFlags, commands.changeFlags, { narrow: rightsOfChangeFlags }),
      markAllRead: guard.mail(method.markAllRead, commands.markAllRead),
      moveMessages: guard.mail(method.moveMessages, commands.moveMessages),
      moveThread: guard.mail(method.moveThread, moveThread(services)),
      copyMessages: guard.mail(method.copyMessages, commands.copyMessages),
      deleteMessages: guard.mail(method.deleteMessages, commands.deleteMessages),
      expungeMessages: guard.mail(method.expungeMessages, commands.expungeMessages),
      emptyFolder: guard.mail(method.emptyFolder, commands.emptyFolder),
      createFolder: guard.mail(method.createFolder, commands.createFolder),
      renameFolder: guard.mail(method.renameFolder, commands.renameFolder),
      moveFolder: guard.mail(method.moveFolder, commands.moveFolder),
      deleteFolder: guard.mail(method.deleteFolder, commands.deleteFolder),
      undo: guard.mail(method.undo, undo(services)),
      listOperations: guard.mail(method.listOperations, listOperations(services)),
      appendMessage: guard.mail(method.appendMessage, appendMessage(services)),
      submit: guard.mail(method.submit, submit(services)),
      wasSubmitted: guard.mail(method.wasSubmitted, wasSubmitted(services)),
      deliver: guard.platform(method.deliver, deliver(services), {
        resource: ({ taskId }) => `task:${taskId}`,
        details: ({ recipients }) => ({ recipients: recipients.length })
      })
    } satisfies CoreMethods & Record<keyof typeof MailboxService.method, unknown>
  })
)
