import { assert } from "@effect/vitest"
import { Effect, Either } from "effect"
import type { Folder } from "../../../src/domain/Folder.ts"
import { MailboxId } from "../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../src/domain/Message.ts"
import type { Person } from "../../../src/domain/Person.ts"
import type { Command, ProtocolVersion } from "../../../src/protocols/activesync/Command.ts"
import { find } from "../../../src/protocols/activesync/commands/find.ts"
import type { SearchPeople } from "../../../src/protocols/activesync/commands/search/people.ts"
import { type SearchServices, search } from "../../../src/protocols/activesync/commands/search.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { parseQuery } from "../../../src/storage/search/query/parse.ts"
import { everyWord, type Query } from "../../../src/storage/search/query/Query.ts"
import { folder } from "./operationsWorld.ts"
import { request } from "./request.ts"
import { type StoredMail, storedMail } from "./storedMail.ts"
import { fromXml, toXml } from "./wbxml.ts"

/** The Inbox with 8 in it and 9 in that, Drafts. */
const folders: ReadonlyArray<Folder> = [
  folder(1, null, "inbox"),
  folder(2, null, "drafts"),
  folder(8, 1),
  folder(9, 8)
]

const person = (number: number, displayName: string, address: string): Person => ({
  mailboxId: MailboxId(`aaaaaaaa-0000-4000-8000-${String(number).padStart(12, "0")}`),
  address,
  displayName,
  aliases: []
})

export const people: ReadonlyArray<Person> = [
  person(1, "Alice Example", "alice@example.test"),
  person(2, "Michael Alexander", "mial@example.test"),
  person(3, "Michael Allen", "mallen@example.test"),
  person(4, "", "nameless@example.test")
]

/** As the directory does: all words begin words of the name, or the address begins so. */
const peopleHere: SearchPeople = {
  findPeople: (_, { query, offset, limit }) => {
    const wanted = query.toLowerCase()
    const found = people.filter(
      ({ displayName, address }) =>
        address.startsWith(wanted) ||
        wanted.split(/\s+/).every((word) => ` ${displayName.toLowerCase()}`.includes(` ${word}`))
    )
    return Effect.succeed({ people: found.slice(offset, offset + (limit ?? 50)), total: found.length })
  }
}

/** Subject and preview hold the words; enough to see what was asked of Core, not how Core finds. */
const matches = (message: MessageSummary, query: Query): boolean => {
  switch (query._tag) {
    case "And":
      return query.all.every((part) => matches(message, part))
    case "Or":
      return query.any.some((part) => matches(message, part))
    case "Not":
      return !matches(message, query.query)
    case "Received":
      return (
        (query.from === null || message.receivedAt >= query.from) &&
        (query.until === null || message.receivedAt < query.until)
      )
    case "Words":
      return everyWord(query).every(({ words }) =>
        `${message.subject} ${message.preview}`.toLowerCase().includes(words.join(" "))
      )
    default:
      return true
  }
}

export interface SearchWorld {
  readonly mail: StoredMail
  readonly services: SearchServices
  /** Queries that Core was asked. */
  readonly asked: ReadonlyArray<string>
}

export const searchWorld: Effect.Effect<SearchWorld> = Effect.gen(function* () {
  const mail = yield* storedMail
  const asked: Array<string> = []
  const newestFirst = () =>
    [...mail.messages.values()].sort((a, b) => b.receivedAt - a.receivedAt || b.id - a.id)
  const core: SearchServices["core"] = {
    ...mail.core,
    listFolders: () => Effect.succeed({ folders, modSeq: mailModSeq }),
    listThread: (_, { threadId }) =>
      Effect.sync(() => ({ messages: newestFirst().filter((message) => message.threadId === threadId) })),
    search: (_, { query, folderIds, limit }) =>
      Effect.suspend(() => {
        asked.push(query)
        return Either.map(parseQuery(query, { now: 0, folders }), (parsed) => ({
          hits: newestFirst()
            .filter(({ folderId }) => folderIds.length === 0 || folderIds.includes(folderId))
            .filter((message) => matches(message, parsed))
            .slice(0, limit ?? 50)
            .map((message) => ({ message, snippet: [] })),
          after: null,
          isComplete: true,
          isDegraded: false
        }))
      })
  }
  return { mail, asked, services: { core, people: peopleHere, settings: { contentBytes: 1_000_000 } } }
})

const mailModSeq = folder(1, null).highestModSeq

export interface SearchAnswer {
  readonly xml: string
  /** All statuses in the order of the document. */
  readonly statuses: ReadonlyArray<number>
  /** Numbers of the messages in order. */
  readonly found: ReadonlyArray<number>
  readonly range: string | undefined
  readonly total: string | undefined
}

const answerOf = (xml: string): SearchAnswer => ({
  xml,
  statuses: [...xml.matchAll(/<(?:(?:Search|Find):)?Status>(\d+)</g)].map(([, status]) => Number(status)),
  found: [...xml.matchAll(/<(?:LongId>L|AirSync:ServerId>)(\d+)</g)].map(([, id]) => Number(id)),
  range: /<Range>([^<]+)</.exec(xml)?.[1],
  total: /<Total>([^<]+)</.exec(xml)?.[1]
})

/** Runs commands and keeps every answer for the linter. */
export const searchRunner = (responses: Array<Uint8Array>) => {
  const run = (command: Command, document: string, version: ProtocolVersion = "16.1", deviceId = "device1") =>
    Effect.gen(function* () {
      const answer = yield* command(request({ version, deviceId, document: fromXml(document) }))
      if (answer._tag !== "Document") return assert.fail(answer._tag)
      responses.push(encode(answer.document))
      return answerOf(toXml(answer.document))
    })
  return { run }
}

export const commandsOf = ({ services }: SearchWorld) => ({ search: search(services), find: find(services) })

/** A Search of the mailbox. */
export const mailSearch = (conditions: string, options = ""): string =>
  mailQuery(`<And>${conditions}</And>`, options)

export const mailQuery = (query: string, options = ""): string =>
  storeSearch(`<Name>Mailbox</Name><Query>${query}</Query>`, options)

export const peopleSearch = (text: string, options = ""): string =>
  storeSearch(`<Name>GAL</Name><Query>${text}</Query>`, options)

export const storeSearch = (content: string, options = ""): string =>
  `<Search:Search><Store>${content}${options === "" ? "" : `<Options>${options}</Options>`}</Store></Search:Search>`

export const freeText = (text: string): string => `<FreeText>${text}</FreeText>`

export const collection = (id: string): string => `<AirSync:CollectionId>${id}</AirSync:CollectionId>`

/** Conditions and options of a search. */
export const email = "<AirSync:Class>Email</AirSync:Class>"
export const inbox = email + collection("1")
export const deep = "<DeepTraversal/>"

/** Received after a time, and before it. */
export const greater = (value: string): string =>
  `<GreaterThan><Email:DateReceived/><Value>${value}</Value></GreaterThan>`
export const less = (value: string): string =>
  `<LessThan><Email:DateReceived/><Value>${value}</Value></LessThan>`

/** Stores mails of which each is received a minute after the one before. */
export const storeMany = (
  mail: StoredMail,
  subjects: ReadonlyArray<string>,
  as: Partial<MessageSummary> = {}
) =>
  Effect.forEach(subjects, (subject, index) =>
    mail.store(`From: a@b.test\r\nTo: c@d.test\r\nSubject: ${subject}\r\n\r\ntext of ${subject}`, {
      receivedAt: Date.UTC(2026, 0, 31, 10, index),
      ...as
    })
  )
