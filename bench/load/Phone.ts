import { Agent, request } from "node:http"
import { Either } from "effect"
import type { CommandName } from "../../src/protocols/activesync/Command.ts"
import { decode } from "../../src/protocols/activesync/wbxml/decode.ts"
import {
  childElements,
  childOf,
  childrenOf,
  childText,
  type Element,
  element,
  type Tag
} from "../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../src/protocols/activesync/wbxml/encode.ts"
import { pingDocument } from "../../test/support/activesync/talk.ts"

export interface Account {
  /** `http://host:port`. */
  readonly url: string
  readonly user: string
  readonly password: string
}

/** Where a folder's Sync stands, and what the last answer brought. */
export interface Synced {
  readonly key: string
  readonly added: ReadonlyArray<string>
  readonly more: boolean
}

const version = "14.1"

/** A phone that does as little as can be done, since it shares the machine with what it measures. One connection. */
export class Phone {
  readonly #account: Account
  readonly #deviceId: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  #policyKey = "0"

  constructor(account: Account, deviceId: string) {
    this.#account = account
    this.#deviceId = deviceId
  }

  /** Null where the answer has no body. */
  ask(command: CommandName, document: Element | null): Promise<Element | null> {
    const { url, user, password } = this.#account
    const body = document === null ? Buffer.alloc(0) : Buffer.from(encode(document))
    const query = new URLSearchParams({
      Cmd: command,
      User: user,
      DeviceId: this.#deviceId,
      DeviceType: "BenchPhone"
    })
    const headers = {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
      "ms-asprotocolversion": version,
      "x-ms-policykey": this.#policyKey,
      "user-agent": "BenchPhone/1.0",
      "content-length": body.length,
      ...(document === null ? {} : { "content-type": "application/vnd.ms-sync.wbxml" })
    }
    return new Promise((resolve, reject) => {
      const sent = request(
        `${url}/Microsoft-Server-ActiveSync?${query}`,
        { method: "POST", agent: this.#agent, headers },
        (response) => {
          const chunks: Array<Buffer> = []
          response.on("data", (chunk: Buffer) => chunks.push(chunk))
          response.on("error", reject)
          response.on("end", () => {
            const bytes = Buffer.concat(chunks)
            const wait = response.headers["retry-after"]
            if (response.statusCode === 503 && wait !== undefined)
              setTimeout(() => this.ask(command, document).then(resolve, reject), Number(wait) * 1000)
            else if (response.statusCode !== 200) reject(new Error(`${command}: HTTP ${response.statusCode}`))
            else resolve(bytes.length === 0 ? null : Either.getOrThrow(decode(bytes)))
          })
        }
      )
      sent.on("error", (problem) => {
        // The server closed a connection that waited for the next request.
        if (sent.reusedSocket) this.ask(command, document).then(resolve, reject)
        else reject(problem)
      })
      sent.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Takes the policy there is, in two steps. */
  async provision(): Promise<void> {
    const policy = (...more: ReadonlyArray<Element>) =>
      element(
        "Provision:Provision",
        element(
          "Provision:Policies",
          element("Provision:Policy", element("Provision:PolicyType", "MS-EAS-Provisioning-WBXML"), more)
        )
      )
    const device = element(
      "Settings:DeviceInformation",
      element("Settings:Set", element("Settings:Model", "Bench"))
    )
    const first = policy()
    const keyOf = (answer: Element | null) =>
      answer === null ? undefined : deep(answer, "Provision:PolicyKey")
    const temporary = keyOf(
      await this.ask("Provision", { tag: first.tag, children: [device, ...first.children] })
    )
    if (temporary === undefined) return
    this.#policyKey = temporary
    const acknowledged = await this.ask(
      "Provision",
      policy(element("Provision:PolicyKey", temporary), element("Provision:Status", 1))
    )
    this.#policyKey = keyOf(acknowledged) ?? temporary
  }

  /** The CollectionId of the Inbox. */
  async inbox(): Promise<string> {
    const answer = await this.ask(
      "FolderSync",
      element("FolderHierarchy:FolderSync", element("FolderHierarchy:SyncKey", "0"))
    )
    const folders = childrenOf(childOf(answer ?? undefined, "FolderHierarchy:Changes"), "FolderHierarchy:Add")
    const inbox = folders.find((folder) => childText(folder, "FolderHierarchy:Type") === "2")
    const id = childText(inbox, "FolderHierarchy:ServerId")
    if (id === undefined) throw new Error("no Inbox")
    return id
  }

  /** One Sync of one folder: with commands, or for what is new. Without a body nothing is new. */
  async sync(
    folder: string,
    key: string,
    { window, commands = [] }: { readonly window: number; readonly commands?: ReadonlyArray<Element> }
  ): Promise<Synced> {
    const isFirst = key === "0"
    const answer = await this.ask(
      "Sync",
      element(
        "AirSync:Sync",
        element(
          "AirSync:Collections",
          element(
            "AirSync:Collection",
            element("AirSync:SyncKey", key),
            element("AirSync:CollectionId", folder),
            isFirst
              ? null
              : [
                  element("AirSync:GetChanges", 1),
                  element("AirSync:WindowSize", window),
                  element("AirSync:Options", element("AirSync:FilterType", 0), noBody)
                ],
            commands.length === 0 ? null : element("AirSync:Commands", commands)
          )
        )
      )
    )
    if (answer === null) return { key, added: [], more: false }
    const collection = childOf(childOf(answer, "AirSync:Collections"), "AirSync:Collection")
    const status = childText(collection, "AirSync:Status") ?? childText(answer, "AirSync:Status")
    if (status !== "1") throw new Error(`Sync: status ${status}`)
    return {
      key: childText(collection, "AirSync:SyncKey") ?? key,
      added: childrenOf(childOf(collection, "AirSync:Commands"), "AirSync:Add").flatMap(
        (add) => childText(add, "AirSync:ServerId") ?? []
      ),
      more: childOf(collection, "AirSync:MoreAvailable") !== undefined
    }
  }

  /** Everything that is in the folder. */
  async syncAll(folder: string, window: number): Promise<Synced> {
    const added: Array<string> = []
    let last = await this.sync(folder, "0", { window })
    do {
      last = await this.sync(folder, last.key, { window })
      added.push(...last.added)
    } while (last.more)
    return { ...last, added }
  }

  async fetchBody(folder: string, item: string): Promise<void> {
    const answer = await this.ask(
      "ItemOperations",
      element(
        "ItemOperations:ItemOperations",
        element(
          "ItemOperations:Fetch",
          element("ItemOperations:Store", "Mailbox"),
          element("AirSync:CollectionId", folder),
          element("AirSync:ServerId", item),
          element("ItemOperations:Options", body(1, 512_000))
        )
      )
    )
    if (answer === null || deep(answer, "AirSyncBase:Data") === undefined) throw new Error("no body came")
  }

  /** Resolves when something is new (2) or time is over (1). */
  async ping(folder: string, seconds: number): Promise<string | undefined> {
    const answer = await this.ask("Ping", pingDocument(folder, seconds))
    return childText(answer ?? undefined, "Ping:Status")
  }
}

const body = (type: number, truncation: number) =>
  element(
    "AirSyncBase:BodyPreference",
    element("AirSyncBase:Type", type),
    element("AirSyncBase:TruncationSize", truncation)
  )

/** What DESIGN 10 calls a Sync without bodies. */
const noBody = body(1, 0)

export const readChange = (item: string, isRead: boolean): Element =>
  element(
    "AirSync:Change",
    element("AirSync:ServerId", item),
    element("AirSync:ApplicationData", element("Email:Read", isRead ? 1 : 0))
  )

/** The text of the first element of this tag, however deep. */
const deep = (from: Element, tag: Tag): string | undefined => {
  const own = childText(from, tag)
  if (own !== undefined) return own
  for (const child of childElements(from)) {
    const found = deep(child, tag)
    if (found !== undefined) return found
  }
  return undefined
}
