import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { MailboxId } from "../../../../src/domain/ids.ts"
import type { Person } from "../../../../src/domain/Person.ts"
import type { ProtocolVersion } from "../../../../src/protocols/activesync/Command.ts"
import { resolveRecipients } from "../../../../src/protocols/activesync/commands/resolveRecipients.ts"
import {
  type Content,
  childrenOf,
  childText,
  type Element,
  element
} from "../../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../../src/protocols/activesync/wbxml/encode.ts"
import type { PeopleMethods } from "../../../../src/rpc/People.ts"
import { elementAt, textAt } from "../../../support/activesync/documents.ts"
import { request } from "../../../support/activesync/request.ts"
import { itLints } from "../../../support/activesync/wbxml.ts"

const person = (name: string, address: string, ...aliases: ReadonlyArray<string>): Person => ({
  mailboxId: MailboxId(address),
  address,
  displayName: name,
  aliases
})

const people = [
  person("Anna One", "anna@example.test"),
  person("Anna Two", "anna2@example.test", "second@example.test"),
  person("", "nameless@example.test"),
  ...Array.from({ length: 30 }, (_, n) => person(`Twin ${n}`, `twin${n}@example.test`))
]

/** Knows people by the beginning of name or address, like the real one. */
const findPeople: PeopleMethods["findPeople"] = (_, { query, limit }) => {
  const found = people.filter(({ displayName, address, aliases }) =>
    [displayName, address, ...aliases].some((name) => name.toLowerCase().startsWith(query.toLowerCase()))
  )
  return Effect.succeed({ people: found.slice(0, limit ?? 100), total: found.length })
}

const answered: Array<Uint8Array> = []

const ask = (document: Element | null, version: ProtocolVersion = "16.1") =>
  Effect.gen(function* () {
    const command = resolveRecipients({ findPeople })
    const answer = yield* command(request({ command: "ResolveRecipients", version, document }))
    if (answer._tag !== "Document") return yield* Effect.dieMessage("no document")
    answered.push(encode(answer.document))
    return answer.document
  })

const asking = (names: ReadonlyArray<string>, ...options: ReadonlyArray<Content>) =>
  element(
    "ResolveRecipients:ResolveRecipients",
    names.map((name) => element("ResolveRecipients:To", name)),
    options.length === 0 ? null : element("ResolveRecipients:Options", ...options)
  )

const statusOf = (document: Element) => textAt(document, "ResolveRecipients:Status")
const responses = (document: Element) => childrenOf(document, "ResolveRecipients:Response")
const recipients = (of: Element | undefined) => childrenOf(of, "ResolveRecipients:Recipient")
/** Name, status, count and addresses of each. */
const summary = (document: Element) =>
  responses(document).map((one) => [
    childText(one, "ResolveRecipients:To"),
    childText(one, "ResolveRecipients:Status"),
    childText(one, "ResolveRecipients:RecipientCount"),
    recipients(one).map((each) => childText(each, "ResolveRecipients:EmailAddress"))
  ])

const availability = (start: string | null, end: string | null) =>
  element(
    "ResolveRecipients:Availability",
    start === null ? null : element("ResolveRecipients:StartTime", start),
    end === null ? null : element("ResolveRecipients:EndTime", end)
  )

const day = "2030-01-01T00:00:00.000Z"

/** What stands with the first recipient of the first response. */
const ofFirst = (
  document: Element,
  ...path: Parameters<typeof elementAt> extends [unknown, ...infer P] ? P : never
) => elementAt(recipients(responses(document)[0])[0] ?? null, ...path)

describe("ResolveRecipients", () => {
  it.effect(
    "MS-ASCMD_R4268, MS-ASCMD_R4275, MS-ASCMD_R3825, MS-ASCMD_R4620: everybody asked for is answered in order",
    () =>
      Effect.gen(function* () {
        const document = yield* ask(
          asking(["second@EXAMPLE.test", "nobody", "anna two", "second@EXAMPLE.test"])
        )
        assert.strictEqual(statusOf(document), "1")
        const second = ["1", "1", ["anna2@example.test"]]
        assert.deepEqual(summary(document), [
          ["second@EXAMPLE.test", ...second],
          ["nobody", "4", "0", []],
          ["anna two", ...second],
          ["second@EXAMPLE.test", ...second]
        ])
      })
  )

  it.effect(
    "MS-ASCMD_R3761, MS-ASCMD_R3762, MS-ASCMD_R4279: somebody ambiguous is answered with suggestions, and no certificates",
    () =>
      Effect.gen(function* () {
        const wanted = element("ResolveRecipients:CertificateRetrieval", 2)
        const document = yield* ask(asking(["anna"], wanted))
        assert.deepEqual(summary(document), [["anna", "2", "2", ["anna@example.test", "anna2@example.test"]]])
        assert.isUndefined(ofFirst(document, "ResolveRecipients:Certificates"))
      })
  )

  it.effect("MS-ASCMD_R4284: of too many to suggest some are told, and how many there are", () =>
    Effect.gen(function* () {
      const limit = (count: number) => element("ResolveRecipients:MaxAmbiguousRecipients", count)
      const told = (options: ReadonlyArray<Content>) =>
        Effect.map(ask(asking(["twin"], ...options)), (document) =>
          summary(document).map(([, status, count, found]) => [status, count, found?.length])
        )
      assert.deepEqual(yield* told([]), [["3", "30", 20]])
      assert.deepEqual(yield* told([limit(3)]), [["3", "30", 3]])
      assert.deepEqual(yield* told([limit(0)]), [["3", "30", 0]])
      assert.deepEqual(yield* told([limit(9999)]), [["2", "30", 30]])
    })
  )

  it.effect("an address is itself, whoever else begins like it; who has no name is called by it", () =>
    Effect.gen(function* () {
      const document = yield* ask(asking(["anna@example.test", "nameless"]))
      assert.deepEqual(summary(document)[0], ["anna@example.test", "1", "1", ["anna@example.test"]])
      const nameless = recipients(responses(document)[1])[0]
      assert.strictEqual(childText(nameless, "ResolveRecipients:DisplayName"), "nameless@example.test")
      assert.strictEqual(childText(nameless, "ResolveRecipients:Type"), "1")
    })
  )

  it.effect(
    "MS-ASCMD_R856, MS-ASCMD_R857, MS-ASCMD_R858, MS-ASCMD_R843, MS-ASCMD_R3435, MS-ASCMD_R3764, MS-ASCMD_R4304, MS-ASCMD_R343: no certificates are there, and it is said to who asks",
    () =>
      Effect.gen(function* () {
        const certificates = (retrieval: number) =>
          Effect.map(
            ask(asking(["anna two"], element("ResolveRecipients:CertificateRetrieval", retrieval))),
            (document) => ofFirst(document, "ResolveRecipients:Certificates")
          )
        assert.isUndefined(yield* certificates(1))
        for (const retrieval of [2, 3]) {
          const found = yield* certificates(retrieval)
          assert.strictEqual(childText(found, "ResolveRecipients:Status"), "7")
          assert.strictEqual(childText(found, "ResolveRecipients:CertificateCount"), "0")
        }
      })
  )

  it.effect(
    "MS-ASCMD_R4298, MS-ASCMD_R3338, MS-ASCMD_R4617, MS-ASCMD_R4618, MS-ASCMD_R4623, MS-ASCMD_R6085: nobody's time is known, which is said of who is found for certain",
    () =>
      Effect.gen(function* () {
        const wanted = availability(day, "2030-01-02T00:00:00.000Z")
        const found = (name: string, version: ProtocolVersion) =>
          Effect.map(ask(asking([name], wanted), version), (document) =>
            ofFirst(document, "ResolveRecipients:Availability")
          )
        const told = yield* found("anna two", "14.0")
        assert.strictEqual(childText(told, "ResolveRecipients:Status"), "163")
        assert.isUndefined(childText(told, "ResolveRecipients:MergedFreeBusy"))
        assert.isUndefined(yield* found("anna", "16.1"))
        assert.isUndefined(yield* found("anna two", "12.1"))
      })
  )

  it.effect("MS-ASCMD_R4311, MS-ASCMD_R3287, MS-ASCMD_R4970: nobody has a photo", () =>
    Effect.gen(function* () {
      const picture = element("ResolveRecipients:Picture", element("ResolveRecipients:MaxPictures", 1))
      const document = yield* ask(asking(["anna two"], picture))
      const found = ofFirst(document, "ResolveRecipients:Picture", "ResolveRecipients:Status")
      assert.deepEqual(found?.children, ["173"])
      assert.isUndefined(
        ofFirst(yield* ask(asking(["anna two"], picture), "14.0"), "ResolveRecipients:Picture")
      )
    })
  )

  const wrongSpans: ReadonlyArray<readonly [string, string | null, string | null]> = [
    ["MS-ASCMD_R2264: an end that is no time", day, "tomorrow"],
    ["MS-ASCMD_R3986: a beginning that is no time", "today", "2030-01-02T00:00:00.000Z"],
    ["MS-ASCMD_R2266: less than half an hour", day, "2030-01-01T00:29:59.999Z"],
    ["MS-ASCMD_R2266: an end before the beginning", day, "2029-12-31T00:00:00.000Z"],
    ["MS-ASCMD_R5175, MS-ASCMD_R5430: more than 42 days", day, "2030-02-12T00:00:00.001Z"],
    ["no beginning", null, "2030-01-02T00:00:00.000Z"]
  ]
  for (const [name, start, end] of wrongSpans) {
    it.effect(`${name} has status 5`, () =>
      Effect.map(ask(asking(["anna"], availability(start, end))), (document) => {
        assert.strictEqual(statusOf(document), "5")
        assert.deepEqual(responses(document), [])
      })
    )
  }

  it.effect("MS-ASCMD_R2265: without an end it is a week", () =>
    Effect.gen(function* () {
      assert.strictEqual(statusOf(yield* ask(asking(["anna"], availability(day, null)))), "1")
      const longest = availability(day, "2030-02-12T00:00:00.000Z")
      assert.strictEqual(statusOf(yield* ask(asking(["anna"], longest))), "1")
    })
  )

  it.effect(
    "MS-ASCMD_R4270, MS-ASCMD_R5656, MS-ASCMD_R7500, MS-ASCMD_R7501, MS-ASCMD_R4614: more than a hundred have status 5",
    () =>
      Effect.gen(function* () {
        const many = (count: number) => Array.from({ length: count }, () => "anna two")
        assert.strictEqual(responses(yield* ask(asking(many(100)))).length, 100)
        assert.strictEqual(statusOf(yield* ask(asking(many(101)))), "5")
      })
  )

  it.effect("MS-ASCMD_R4611, MS-ASCMD_R5873: a name has up to 256 characters", () =>
    Effect.gen(function* () {
      assert.strictEqual(statusOf(yield* ask(asking(["x".repeat(256)]))), "1")
      assert.strictEqual(statusOf(yield* ask(asking(["x".repeat(257)]))), "5")
    })
  )

  it.effect("whatever else is wrong has status 5", () =>
    Effect.gen(function* () {
      const wrong = [
        null,
        asking([]),
        element("ResolveRecipients:Response"),
        asking(["anna"], element("ResolveRecipients:CertificateRetrieval", 4)),
        asking(["anna"], element("ResolveRecipients:MaxAmbiguousRecipients", -1)),
        asking(["anna"], element("ResolveRecipients:MaxCertificates", "many")),
        asking(["anna"], element("ResolveRecipients:Picture", element("ResolveRecipients:MaxSize", 102_401)))
      ]
      for (const document of wrong) assert.strictEqual(statusOf(yield* ask(document)), "5")
    })
  )

  it.effect("nobody is found by nothing", () =>
    Effect.map(ask(asking([" "])), (document) => assert.deepEqual(summary(document), [[" ", "4", "0", []]]))
  )

  itLints(answered)
})
