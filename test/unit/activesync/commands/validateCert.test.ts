import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { authoritiesOf, trustedAuthorities } from "../../../../src/protocols/activesync/certificates.ts"
import { validateCert } from "../../../../src/protocols/activesync/commands/validateCert.ts"
import {
  childrenOf,
  childText,
  type Element,
  element
} from "../../../../src/protocols/activesync/wbxml/element.ts"
import { forged, type Issued, issued } from "../../../support/activesync/authority.ts"
import { request } from "../../../support/activesync/request.ts"

const list = (
  tag: "ValidateCert:Certificates" | "ValidateCert:CertificateChain",
  ders: ReadonlyArray<Buffer>
) =>
  ders.length === 0
    ? null
    : element(
        tag,
        ders.map((der) => element("ValidateCert:Certificate", der.toString("base64")))
      )

const asking = (
  certificates: ReadonlyArray<Buffer>,
  chain: ReadonlyArray<Buffer> = [],
  checkCrl: string | null = null
) =>
  element(
    "ValidateCert:ValidateCert",
    list("ValidateCert:CertificateChain", chain),
    list("ValidateCert:Certificates", certificates),
    checkCrl === null ? null : element("ValidateCert:CheckCRL", checkCrl)
  )

/** The status of the command, and those of the certificates. */
const judged = (trusted: ReadonlyArray<Issued>, document: Element | null) =>
  Effect.gen(function* () {
    const command = validateCert(() => authoritiesOf(trusted.map(({ certificate }) => certificate)))
    const answer = yield* command(request({ command: "ValidateCert", document }))
    if (answer._tag !== "Document") return yield* Effect.dieMessage("no document")
    return [
      childText(answer.document, "ValidateCert:Status"),
      ...childrenOf(answer.document, "ValidateCert:Certificate").map((one) =>
        childText(one, "ValidateCert:Status")
      )
    ]
  })

const rawOf = ({ certificate }: Issued) => certificate.raw

const today = TestClock.setTime(Date.UTC(2030, 5, 15))

const [longAgo, yesterday, tomorrow, inLongTime] = [
  new Date(0),
  new Date(Date.UTC(2030, 5, 14)),
  new Date(Date.UTC(2030, 5, 16)),
  new Date(Date.UTC(2040, 0, 1))
]

const authority = issued({ name: "Root", isAuthority: true })

describe("ValidateCert", () => {
  it.effect(
    "MS-ASCMD_R4474, MS-ASCMD_R5387, MS-ASCMD_R688: a certificate of a trusted authority, also by way of others",
    () =>
      Effect.gen(function* () {
        yield* today
        const root = yield* authority
        const middle = yield* issued({ name: "Middle", isAuthority: true }, root)
        const near = yield* issued({ name: "near" }, root)
        const far = yield* issued({ name: "far" }, middle)
        assert.deepEqual(yield* judged([root], asking([rawOf(near), rawOf(root)])), ["1", "1", "1"])
        assert.deepEqual(yield* judged([root], asking([rawOf(far)], [rawOf(middle)])), ["1", "1"])
        // Without what lies between nobody vouches for it.
        assert.deepEqual(yield* judged([root], asking([rawOf(far)])), ["1", "4"])
      })
  )

  it.effect("MS-ASCMD_R4479: a signature that is not its authority's", () =>
    Effect.gen(function* () {
      yield* today
      const root = yield* authority
      const leaf = yield* issued({ name: "leaf" }, root)
      assert.deepEqual(yield* judged([root], asking([forged(leaf), rawOf(leaf)])), ["1", "3", "1"])
      // Another authority of the same name has not signed it, either.
      const twin = yield* authority
      assert.deepEqual(yield* judged([twin], asking([rawOf(leaf)])), ["1", "3"])
    })
  )

  it.effect("MS-ASCMD_R4482: an authority that nobody trusts, though it comes along", () =>
    Effect.gen(function* () {
      yield* today
      const [root, stranger] = [yield* authority, yield* issued({ name: "Stranger", isAuthority: true })]
      const leaf = yield* issued({ name: "leaf" }, stranger)
      const own = yield* issued({ name: "own" })
      assert.deepEqual(yield* judged([root], asking([rawOf(leaf), rawOf(own)], [rawOf(stranger)])), [
        "1",
        "4",
        "4"
      ])
    })
  )

  it.effect(
    "MS-ASCMD_R4491, MS-ASCMD_R4494, MS-ASCMD_R686, MS-ASCMD_R687: what has expired, or is not valid yet",
    () =>
      Effect.gen(function* () {
        yield* today
        const root = yield* authority
        const old = yield* issued({ name: "old", from: longAgo, to: yesterday }, root)
        const early = yield* issued({ name: "early", from: tomorrow, to: inLongTime }, root)
        const middle = yield* issued(
          { name: "Middle", isAuthority: true, from: longAgo, to: yesterday },
          root
        )
        const leaf = yield* issued({ name: "leaf" }, middle)
        assert.deepEqual(yield* judged([root], asking([rawOf(old), rawOf(early)])), ["1", "7", "7"])
        assert.deepEqual(yield* judged([root], asking([rawOf(leaf)], [rawOf(middle)])), ["1", "8"])
      })
  )

  it.effect("MS-ASCMD_R4488: one that is for servers, not for mail", () =>
    Effect.gen(function* () {
      yield* today
      const root = yield* authority
      const server = yield* issued({ name: "server", usage: "serverAuth" }, root)
      const any = yield* issued({ name: "any", usage: "none" }, root)
      assert.deepEqual(yield* judged([root], asking([rawOf(server), rawOf(any)])), ["1", "6", "1"])
    })
  )

  it.effect("MS-ASCMD_R4504: one that was signed by somebody who is no authority", () =>
    Effect.gen(function* () {
      yield* today
      const root = yield* authority
      const person = yield* issued({ name: "person" }, root)
      const friend = yield* issued({ name: "friend" }, person)
      assert.deepEqual(yield* judged([root], asking([rawOf(friend)], [rawOf(person)])), ["1", "11"])
    })
  )

  it.effect("a chain for which too many would have to be tried is none", () =>
    Effect.gen(function* () {
      yield* today
      const [root, other] = [yield* authority, yield* authority]
      const leaf = rawOf(yield* issued({ name: "leaf" }, root))
      // All of one name, and none of them has signed it.
      const crowd = Array.from({ length: 30 }, () => rawOf(other))
      const asked = asking(
        Array.from({ length: 70 }, () => leaf),
        crowd
      )
      const [, ...verdicts] = yield* judged([other], asked)
      assert.strictEqual(verdicts[0], "3")
      assert.strictEqual(verdicts.at(-1), "5")
      assert.isAbove(verdicts.filter((verdict) => verdict === "5").length, 60)
    })
  )

  it.effect("MS-ASCMD_R4500: what is no certificate at all", () =>
    Effect.gen(function* () {
      const nothing = [Buffer.from("nothing"), Buffer.alloc(0)]
      assert.deepEqual(yield* judged([], asking(nothing, nothing)), ["1", "10", "10"])
    })
  )

  it.effect(
    "MS-ASCMD_R893, MS-ASCMD_R895: lists of revoked ones are not fetched, and it is said so to who insists",
    () =>
      Effect.gen(function* () {
        yield* today
        const root = yield* authority
        const leaf = rawOf(yield* issued({ name: "leaf" }, root))
        assert.deepEqual(yield* judged([root], asking([leaf], [], "0")), ["1", "1"])
        assert.deepEqual(yield* judged([root], asking([leaf], [], "1")), ["1", "16"])
      })
  )

  it.effect("MS-ASCMD_R5662, MS-ASCMD_R4476: too many, none, or something else have status 2", () =>
    Effect.gen(function* () {
      const many = (n: number) => Array.from({ length: n }, () => Buffer.from("x"))
      assert.strictEqual((yield* judged([], asking(many(100)))).length, 101)
      const documents = [
        asking(many(101)),
        asking(many(60), many(60)),
        asking([]),
        asking(many(1), [], "2"),
        element("ValidateCert:Status"),
        null
      ]
      for (const document of documents) assert.deepEqual(yield* judged([], document), ["2"])
    })
  )

  it("trusts the authorities that Node comes with", () => {
    assert.isAbove(trustedAuthorities().size, 50)
  })
})
