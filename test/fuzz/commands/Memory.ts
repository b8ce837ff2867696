import { MessageId } from "../../../src/domain/ids.ts"
import { fileReferenceOf, longIdOf } from "../../../src/protocols/activesync/content/serverId.ts"
import { bytesOf, childOf, childText, type Element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { policyKey } from "../../support/activesync/documents.ts"
import { readSync } from "../../support/activesync/talk.ts"
import type { NewMailbox } from "./mailbox.ts"
import type { Filling } from "./placeholders.ts"

/** What a phone remembers of the answers that it was given. */
export class Memory {
  readonly #mailbox: NewMailbox
  readonly #keys = new Map<string, string>()
  #hierarchyKey = "0"
  #policyKey = "0"
  #conversation: Uint8Array = new Uint8Array(16)
  #turn = 0

  constructor(mailbox: NewMailbox) {
    this.#mailbox = mailbox
  }

  get hierarchyKey(): string {
    return this.#hierarchyKey
  }

  keyOf(collection: string): string {
    return this.#keys.get(collection) ?? "0"
  }

  learn(document: Element): void {
    switch (document.tag) {
      case "AirSync:Sync":
        this.#learnSync(document)
        return
      case "FolderHierarchy:FolderSync":
      case "FolderHierarchy:FolderCreate":
      case "FolderHierarchy:FolderUpdate":
      case "FolderHierarchy:FolderDelete":
        this.#hierarchyKey = childText(document, "FolderHierarchy:SyncKey") ?? this.#hierarchyKey
        return
      case "Provision:Provision":
        this.#policyKey = policyKey(document) ?? this.#policyKey
        return
      default:
        return
    }
  }

  #learnSync(document: Element): void {
    for (const { id, key, status, changes } of readSync(document).collections) {
      if (status === "1") this.#keys.set(id, key)
      for (const { properties } of changes) {
        const conversation = childOf(properties, "Email2:ConversationId")
        if (conversation !== undefined) this.#conversation = bytesOf(conversation)
      }
    }
  }

  /** Other messages at each request, so that some are there when others are deleted. */
  filling(): Filling {
    const { inbox, draft, deleted } = this.#mailbox
    this.#turn += 1
    const message = inbox[this.#turn % inbox.length] ?? 1n
    return {
      "{folders key}": this.#hierarchyKey,
      "{inbox key}": this.keyOf("1"),
      "{drafts key}": this.keyOf("2"),
      "{deleted key}": this.keyOf("4"),
      "{message}": String(message),
      "{other message}": String(inbox[(this.#turn + 1) % inbox.length] ?? 1n),
      "{draft}": String(draft),
      "{deleted}": String(deleted),
      "{long id}": longIdOf(MessageId(Number(message))),
      "{attachment}": fileReferenceOf({ messageId: MessageId(Number(inbox[0] ?? 1n)), part: 2 }),
      "{conversation}": this.#conversation,
      "{policy key}": this.#policyKey
    }
  }
}
