import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import fc from "fast-check"
import { FolderId } from "../../../../src/domain/ids.ts"
import { fromKql } from "../../../../src/protocols/activesync/commands/find/kql.ts"
import { StatusError } from "../../../../src/protocols/activesync/status.ts"
import { parseQuery } from "../../../../src/storage/search/query/parse.ts"
import {
  collection,
  commandsOf,
  email,
  freeText,
  searchRunner,
  searchWorld,
  storeMany
} from "../../../support/activesync/searchWorld.ts"
import { itLints } from "../../../support/activesync/wbxml.ts"

const responses: Array<Uint8Array> = []
const { run } = searchRunner(responses)

const options = (content: string) => (content === "" ? "" : `<Options>${content}</Options>`)
const whole = (criterion: string, searchId = "s1") =>
  `<Find:Find><SearchId>${searchId}</SearchId><ExecuteSearch>${criterion}</ExecuteSearch></Find:Find>`
const mail = (query: string, more = "", searchId = "s1") =>
  whole(`<MailBoxSearchCriterion><Query>${query}</Query>${options(more)}</MailBoxSearchCriterion>`, searchId)
const gal = (text: string, more = "") =>
  whole(`<GalSearchCriterion><Query>${text}</Query>${options(more)}</GalSearchCriterion>`)
const range = (text: string) => `<Range>${text}</Range>`

describe("Find in the mailbox", () => {
  it.effect(
    "CMD_S23_TC01, CMD_S23_TC05, MS-ASCMD_R72172509, R72172520, R9010602, R9820602, R38971801, R36841701, R38391804, R45251801, R45251807: one Result for each match, newest first, with what a list shows",
    () =>
      Effect.gen(function* () {
        const world = yield* searchWorld
        yield* storeMany(world.mail, ["plans one", "other", "plans two"])
        const { xml, statuses, found, range, total } = yield* run(
          commandsOf(world).find,
          mail(email + collection("1") + freeText("plans"), "<Range>0-5</Range><DeepTraversal/>")
        )
        assert.deepStrictEqual([statuses, found, range, total], [[1, 1], [3, 1], "0-1", "2"])
        assert.include(xml, "<ItemOperations:Store>Mailbox</ItemOperations:Store>")
        for (const part of [
          "<Email:Subject>plans two</Email:Subject>",
          "<Email:DateReceived>2026-01-31T10:02:00.000Z</Email:DateReceived>",
          "<Email:DisplayTo>c@d.test</Email:DisplayTo>",
          "<Email:From>a@b.test</Email:From>",
          "<Email:Read>0</Email:Read>",
          "<Email:Importance>1</Email:Importance>",
          "<Email2:IsDraft>0</Email2:IsDraft>",
          "<HasAttachments>0</HasAttachments>",
          "<Preview>text of plans two</Preview>"
        ])
          assert.include(xml, part)
      })
  )

  it.effect("MS-ASCMD_R6978101702: a preview has at most 255 characters", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      yield* storeMany(world.mail, ["plans"], { preview: `${"x".repeat(254)}🎉 and more` })
      const { xml } = yield* run(commandsOf(world).find, mail(email + freeText("plans")))
      assert.include(xml, `<Preview>${"x".repeat(254)}</Preview>`)
    })
  )

  it.effect("CMD_S23_TC06, MS-ASCMD_R38391805: no Result where nothing matches", () =>
    Effect.gen(function* () {
      const { find } = commandsOf(yield* searchWorld)
      const { xml, statuses, total } = yield* run(find, mail(email + freeText("xyzzy"), range("0-5")))
      assert.deepStrictEqual([statuses, total], [[1, 1], "0"])
      assert.notInclude(xml, "Result")
    })
  )

  it.effect("CMD_S23_TC08, MS-ASCMD_R72172515: a folder that there is not is status 3", () =>
    Effect.gen(function* () {
      const { find } = commandsOf(yield* searchWorld)
      const { statuses } = yield* run(find, mail(email + collection("-1") + freeText("x"), range("0-5")))
      assert.deepStrictEqual(statuses, [3, 3])
    })
  )

  it.effect(
    "CMD_S23_TC03, MS-ASCMD_R72172518: a search that does not begin at 0 is status 4 of the response",
    () =>
      Effect.gen(function* () {
        const { find } = commandsOf(yield* searchWorld)
        const { statuses } = yield* run(find, mail(email + freeText("x"), range("2-5")))
        assert.deepStrictEqual(statuses, [1, 4])
      })
  )

  it.effect(
    "MS-ASCMD_R70981808, R3707101814: further pages of one SearchId are of what was found first",
    () =>
      Effect.gen(function* () {
        const world = yield* searchWorld
        const { find } = commandsOf(world)
        yield* storeMany(world.mail, ["plans", "plans", "plans"])
        const page = (text: string, searchId = "s1") =>
          run(find, mail(email + freeText("plans"), range(text), searchId))
        assert.deepStrictEqual((yield* page("0-1")).found, [3, 2])
        yield* storeMany(world.mail, ["plans"], { receivedAt: Date.UTC(2026, 1, 1) })
        const second = yield* page("2-3")
        assert.deepStrictEqual([second.found, second.range, second.total], [[1], "2-2", "3"])
        assert.deepStrictEqual((yield* page("1-2", "s2")).statuses, [1, 4])
        assert.deepStrictEqual((yield* page("0-1", "s2")).found, [4, 3])
      })
  )

  const malformed: ReadonlyArray<readonly [string, string]> = [
    ["CMD_S23_TC02: an empty SearchId", mail(email + freeText("x"), "", "")],
    ["an endless SearchId", mail(email + freeText("x"), "", "x".repeat(1_000))],
    ["nothing to execute", "<Find:Find><SearchId>s</SearchId></Find:Find>"],
    ["another document", "<Search:Search/>"],
    ["no class", mail(freeText("x"))],
    [
      "MS-ASCMD_R901100613: another class than Email",
      mail(`<AirSync:Class>Tasks</AirSync:Class>${freeText("x")}`)
    ],
    ["no text", mail(email)],
    ["a range of letters", mail(email + freeText("x"), range("a-b"))],
    ["an unknown option", mail(email + freeText("x"), "<Total>1</Total>")],
    ["an unknown date", mail(email + freeText("received:someday"))],
    ["a bracket that is not closed", mail(email + freeText("(x"))],
    ["ten thousand words", mail(email + freeText("word ".repeat(10_000)))],
    ["people by no text", gal("")],
    ["people by conditions", gal(freeText("x"))],
    ["people with a folder's option", gal("x", "<DeepTraversal/>")]
  ]
  for (const [title, document] of malformed)
    it.effect(`${title} is status 2 (MS-ASCMD_R72172512, R72172521)`, () =>
      Effect.gen(function* () {
        const { find } = commandsOf(yield* searchWorld)
        assert.deepStrictEqual((yield* run(find, document)).statuses, [2, 2])
      })
    )

  it.effect("MS-ASCMD_R6399100714: subfolders are searched with DeepTraversal", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      const { find } = commandsOf(world)
      yield* storeMany(world.mail, ["plans"], { folderId: FolderId(9) })
      const found = (more: string) =>
        Effect.map(
          run(find, mail(email + collection("1") + freeText("plans"), more)),
          (answer) => answer.found
        )
      assert.deepStrictEqual(yield* found(""), [])
      assert.deepStrictEqual(yield* found("<DeepTraversal/>"), [1])
    })
  )

  it.effect("there is no Find before 16.1", () =>
    Effect.gen(function* () {
      const { find } = commandsOf(yield* searchWorld)
      const refused = yield* Effect.flip(run(find, mail(email + freeText("x")), "16.0"))
      assert.deepStrictEqual(refused, new StatusError({ status: 137 }))
    })
  )
})

describe("Find among people", () => {
  it.effect(
    "CMD_S23_TC04, MS-ASCMD_R1002501, R131999, R132000, R132004, R37071816, R61641061, R61641062: by the beginning of names, in their order, with how many there are",
    () =>
      Effect.gen(function* () {
        const { find } = commandsOf(yield* searchWorld)
        const { xml, statuses, range, total } = yield* run(find, gal("mich", "<Range>0-22</Range>"))
        assert.deepStrictEqual([statuses, range, total], [[1, 1], "0-1", "2"])
        assert.deepStrictEqual(
          [...xml.matchAll(/<Gal:DisplayName>([^<]+)</g)].map(([, name]) => name),
          ["Michael Alexander", "Michael Allen"]
        )
        assert.include(xml, "<Gal:Alias>mallen</Gal:Alias>")
      })
  )

  it.effect("MS-ASCMD_R36691708, R36691709: nobody has a photo", () =>
    Effect.gen(function* () {
      const { find } = commandsOf(yield* searchWorld)
      const { xml } = yield* run(find, gal("mich", "<Picture><MaxPictures>1</MaxPictures></Picture>"))
      assert.lengthOf([...xml.matchAll(/<Gal:Picture>\s*<Status>173</g)], 2)
    })
  )
})

describe("Keyword Query Language", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["plans budget", '"plans"* "budget"*'],
    ['"annual report" "ann rep"*', '"annual report" "ann rep"*'],
    ["“annual report”", '"annual report"'],
    ['from:bob SUBJECT:"the plan"', 'from:"bob"* subject:"the plan"*'],
    ["participants:bob", '(from:"bob"* OR to:"bob"* OR cc:"bob"* OR bcc:"bob"*)'],
    ["-from:bob NOT plans", '-from:"bob"* -"plans"*'],
    ["a AND b OR c +d", '"a"* "b"* OR "c"* "d"*'],
    ["NOT (a OR b)", '-( "a"* OR "b"* )'],
    ["OR a OR", '"a"*'],
    ["( OR a", '( "a"*'],
    ["hasattachment:true", "has:attachment"],
    ["hasattachments:no -hasattachment:yes", "-has:attachment -has:attachment"],
    ["isread:false", "-is:read"],
    ['category:"to do"', 'category:"to do"'],
    ["received>=2026-01-01", 'after:"2026-01-01"'],
    ["received>2026-01-01", '(after:"2026-01-01" -on:"2026-01-01")'],
    ["received<2026-01-01", 'before:"2026-01-01"'],
    ["received<=2026-01", '(before:"2026-01" OR on:"2026-01")'],
    ["received:today", 'on:"today"'],
    ["received<>today", '-on:"today"'],
    ["received:2026-01-01..2026-02-01", '(after:"2026-01-01" (before:"2026-02-01" OR on:"2026-02-01"))'],
    ["subject<>plans", '-subject:"plans"*'],
    [
      "in:inbox is:unread re: http://x.test wherefrom:x",
      '"in:inbox"* "is:unread"* "re:"* "http://x.test"* "wherefrom:x"*'
    ],
    ["constructor __proto__ a - b", '"constructor"* "__proto__"* "a"* "b"*'],
    ["!!! &", ""],
    ["from:!!! x", '"x"*']
  ]
  for (const [kql, query] of cases) it(`${kql} is ${query}`, () => assert.strictEqual(fromKql(kql), query))

  it("is never more than what the search language reads or refuses, and fast", () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom(
        "from:",
        "received>",
        "received:a..b",
        "(",
        ")",
        '"',
        " ",
        "OR",
        "NOT",
        "-",
        "+",
        "*",
        "“",
        "<>"
      )
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const query = fromKql(pieces.join(""))
        // A quotation mark that is not closed would let text out of its quotes.
        const read = parseQuery(query, { now: 0, folders: [] })
        if (Either.isLeft(read)) assert.notMatch(read.left.message, /quotation mark/)
      }),
      { numRuns: 300 }
    )
  })
})

itLints(responses)
