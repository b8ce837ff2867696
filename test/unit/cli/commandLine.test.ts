import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { expandRanges } from "../../../src/cli/addresses.ts"
import { readEndpoint } from "../../../src/cli/endpoints.ts"
import { globalsLast } from "../../../src/cli/globals.ts"
import { printable, table } from "../../../src/cli/output.ts"

describe("a pattern of addresses", () => {
  const expanded = (pattern: string) => Either.getOrNull(expandRanges(pattern))

  it("stands for itself without a range", () => {
    assert.deepStrictEqual(expanded("alice@demo.test"), ["alice@demo.test"])
    assert.deepStrictEqual(expanded("a{b}@demo.test"), ["a{b}@demo.test"])
  })

  it("stands for every number of a range, with leading zeros where the range has them", () => {
    assert.deepStrictEqual(expanded("u{8..11}@x.test"), [
      "u8@x.test",
      "u9@x.test",
      "u10@x.test",
      "u11@x.test"
    ])
    assert.deepStrictEqual(expanded("u{08..10}@x.test"), ["u08@x.test", "u09@x.test", "u10@x.test"])
    assert.deepStrictEqual(expanded("u{0..0}@x.test"), ["u0@x.test"])
    assert.strictEqual(expanded("user{0..99}@demo.test")?.length, 100)
  })

  it("stands for every combination of several ranges", () => {
    assert.deepStrictEqual(expanded("a{1..2}@d{1..2}.test"), [
      "a1@d1.test",
      "a1@d2.test",
      "a2@d1.test",
      "a2@d2.test"
    ])
  })

  it("is refused where it counts backwards or stands for too many", () => {
    for (const pattern of [
      "u{2..1}@x.test",
      "u{0..100000}@x.test",
      "u{0..999}@d{0..999}.test",
      "u{1..9e9}{0..99999999999}"
    ]) {
      assert.isNull(expanded(pattern), pattern)
    }
  })
})

describe("options before the command", () => {
  it("are put behind it, where the parser finds them", () => {
    assert.deepStrictEqual(
      globalsLast(["--output", "json", "--data=x", "user", "list", "--tenant", "demo"]),
      ["user", "list", "--tenant", "demo", "--output", "json", "--data=x"]
    )
  })

  it("that no command knows stay where they are", () => {
    assert.deepStrictEqual(globalsLast(["--help"]), ["--help"])
    assert.deepStrictEqual(globalsLast([]), [])
    assert.deepStrictEqual(globalsLast(["--output"]), ["--output"])
  })
})

describe("an endpoint", () => {
  it.effect("is a host and a port, also as a URL and for IPv6", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readEndpoint("127.0.0.1:9090"), { host: "127.0.0.1", port: 9090 })
      assert.deepStrictEqual(yield* readEndpoint("http://mail.test:80/"), { host: "mail.test", port: 80 })
      assert.deepStrictEqual(yield* readEndpoint("[::1]:9090"), { host: "::1", port: 9090 })
      for (const text of ["", "9090", "host", "host:99999", "a b:1", "user@host:1", "https://host:1"]) {
        assert.strictEqual((yield* Effect.flip(readEndpoint(text))).exitCode, 2, text)
      }
    })
  )
})

describe("a table", () => {
  it("has columns of equal width, numbers to the right, and a dash for nothing", () => {
    assert.strictEqual(
      table([
        { name: "Inbox", total: 5, sizeBytes: null },
        { name: "Sent Items", total: 120, sizeBytes: null }
      ]),
      ["NAME        TOTAL  SIZE BYTES", "Inbox           5  -", "Sent Items    120  -"].join("\n")
    )
  })

  it("lets no text drive the terminal or turn its direction", () => {
    assert.strictEqual(printable("a\u001b[31mb\nc\u202ed\u0007"), "a [31mb c d ")
  })
})
