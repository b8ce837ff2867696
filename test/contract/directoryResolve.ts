import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { Directory } from "../../src/storage/directory/Directory.ts"
import { type DirectoryIt, refusal, stranger, tag, world } from "./directoryWorld.ts"

/** Where mail goes: the same in every driver. */
export const resolveContract = (it: DirectoryIt) => {
  describe("where mail goes", () => {
    const resolved = (address: string) =>
      Effect.gen(function* () {
        const resolution = yield* (yield* Directory).resolve(address)
        return resolution._tag === "Mailbox" ? [resolution.mailboxId, resolution.detail] : [resolution._tag]
      })

    it.effect("user, then alias, then the same without detail, then the catch-all", () =>
      Effect.gen(function* () {
        const { directory, one, domains, create } = yield* world
        const at = (local: string) => `${local}@${domains.one}`
        const [alice, bob, listed, rest] = yield* Effect.all([
          create(at("alice")),
          create(at("bob")),
          create(at("alice+lists")),
          create(at("rest"))
        ])
        yield* directory.createAlias(at("sales"), bob.id)
        yield* directory.createAlias(at("alice+sales"), bob.id)

        assert.deepStrictEqual(yield* directory.resolve(at("Alice")), {
          _tag: "Mailbox",
          mailboxId: alice.id,
          tenantId: one.id,
          detail: null,
          isOverQuota: false
        })
        const cases: ReadonlyArray<readonly [string, ReadonlyArray<string | null>]> = [
          [at("SALES"), [bob.id, null]],
          [at("alice+News"), [alice.id, "News"]],
          [at("alice+"), [alice.id, ""]],
          [at("alice+lists"), [listed.id, null]],
          [at("alice+sales"), [bob.id, null]],
          [at("sales+q3"), [bob.id, "q3"]],
          [at('"alice"'), [alice.id, null]],
          [at("nobody"), ["UnknownUser"]],
          [at("+alice"), ["UnknownUser"]],
          [`alice@${domains.other}`, ["UnknownUser"]],
          ["alice@elsewhere.test", ["ForeignDomain"]]
        ]
        for (const [address, expected] of cases) {
          assert.deepStrictEqual(yield* resolved(address), expected, address)
        }
        yield* directory.setCatchAll(domains.one, rest.id)
        assert.deepStrictEqual(yield* resolved(at("nobody")), [rest.id, null])
        assert.deepStrictEqual(yield* resolved(at("nobody+x")), [rest.id, null])
        assert.deepStrictEqual(yield* resolved(at("alice+x")), [alice.id, "x"])
        assert.deepStrictEqual(yield* resolved(`nobody@${domains.other}`), ["UnknownUser"])
        yield* directory.setCatchAll(domains.one, null)
        assert.deepStrictEqual(yield* resolved(at("nobody")), ["UnknownUser"])
      })
    )

    it.effect("nowhere for a disabled user, whose catch-all ends too", () =>
      Effect.gen(function* () {
        const { directory, domains, create } = yield* world
        const alice = yield* create(`alice@${domains.one}`)
        yield* directory.createAlias(`sales@${domains.one}`, alice.id)
        yield* directory.setCatchAll(domains.one, alice.id)
        yield* directory.setStatus(alice.id, "disabled")
        assert.deepStrictEqual(yield* resolved(`alice@${domains.one}`), ["Disabled"])
        assert.deepStrictEqual(yield* resolved(`alice+x@${domains.one}`), ["Disabled"])
        assert.deepStrictEqual(yield* resolved(`sales@${domains.one}`), ["Disabled"])
        assert.deepStrictEqual(yield* resolved(`nobody@${domains.one}`), ["UnknownUser"])
        yield* directory.setStatus(alice.id, "active")
        assert.deepStrictEqual(yield* resolved(`nobody@${domains.one}`), [alice.id, null])
        assert.strictEqual(yield* refusal(directory.setStatus(stranger, "active")), "NotFound user")
      })
    )

    it.effect(
      "postmaster and abuse reach the tenant's first admin, unless there is somebody of that name",
      () =>
        Effect.gen(function* () {
          const { directory, domains, create } = yield* world
          const rest = yield* create(`rest@${domains.one}`)
          assert.deepStrictEqual(yield* resolved(`postmaster@${domains.one}`), ["UnknownUser"])
          yield* directory.setCatchAll(domains.one, rest.id)
          assert.deepStrictEqual(yield* resolved(`postmaster@${domains.one}`), [rest.id, null])
          const first = yield* create(`zoe@${domains.one}`, { roles: ["admin", "user"] })
          yield* create(`adam@${domains.one}`, { roles: ["admin", "user"] })
          assert.deepStrictEqual(yield* resolved(`Postmaster@${domains.one}`), [first.id, null])
          assert.deepStrictEqual(yield* resolved(`abuse@${domains.other}`), [first.id, null])
          assert.deepStrictEqual(yield* resolved(`abuse@${domains.two}`), ["UnknownUser"])
          assert.deepStrictEqual(yield* resolved(`webmaster@${domains.other}`), ["UnknownUser"])
          yield* directory.createAlias(`abuse@${domains.one}`, rest.id)
          assert.deepStrictEqual(yield* resolved(`abuse@${domains.one}`), [rest.id, null])
        })
    )

    it.effect("a bare postmaster belongs to the oldest domain", () =>
      Effect.gen(function* () {
        const { directory } = yield* world
        const resolution = yield* directory.resolve("Postmaster")
        assert.notStrictEqual(resolution._tag, "ForeignDomain")
        assert.strictEqual(yield* tag(directory.resolve("abuse")), "InvalidRequest")
      })
    )

    it.effect("names in other scripts match however they are written, look-alikes do not", () =>
      Effect.gen(function* () {
        const { directory, one, create, label } = yield* world
        yield* directory.createDomain(one.id, `münchen.${label}.test`)
        const user = yield* create(`café@münchen.${label}.test`)
        for (const address of [
          `cafe\u0301@xn--mnchen-3ya.${label}.test`,
          `café@mu\u0308nchen.${label}.test`,
          `CAFé@MÜNCHEN.${label}.test`
        ]) {
          assert.deepStrictEqual(yield* resolved(address), [user.id, null], address)
        }
        assert.strictEqual(yield* tag(directory.resolve(`café@münchen\uff0e${label}.test`)), "InvalidRequest")
        assert.deepStrictEqual(yield* resolved(`саfé@münchen.${label}.test`), ["UnknownUser"])
      })
    )

    it.effect("changes show at once, also where the answer was remembered", () =>
      Effect.gen(function* () {
        const { directory, domains, create } = yield* world
        assert.deepStrictEqual(yield* resolved(`late@${domains.one}`), ["UnknownUser"])
        const late = yield* create(`late@${domains.one}`)
        assert.deepStrictEqual(yield* resolved(`late@${domains.one}`), [late.id, null])
        assert.deepStrictEqual(yield* resolved(`alias@${domains.one}`), ["UnknownUser"])
        yield* directory.createAlias(`alias@${domains.one}`, late.id)
        assert.deepStrictEqual(yield* resolved(`alias@${domains.one}`), [late.id, null])
      })
    )
  })
}
