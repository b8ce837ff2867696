import { assert, describe, it } from "@effect/vitest"
import {
  Config,
  type ConfigError,
  ConfigProvider,
  Duration,
  Effect,
  Inspectable,
  Option,
  Redacted
} from "effect"
import { sentences } from "../../../src/settings/problems.ts"
import { allSettings, setting } from "../../../src/settings/setting.ts"
import {
  atLeast,
  between,
  boolean,
  bytes,
  choice,
  duration,
  integer,
  list,
  type SettingType,
  secret,
  text,
  url
} from "../../../src/settings/types.ts"

let count = 0
/** A setting of its own, and what it makes of a text. */
const declared = <A>(
  type: SettingType<A>,
  more: { default?: NoInfer<A>; check?: ReturnType<typeof check<A>> } = {}
) => {
  count += 1
  const name = `POSTROOM_UNIT_${count}` as const
  const config = setting({ name, type, meaning: "For this test.", ...more })
  const read = (given?: string) =>
    ConfigProvider.fromMap(new Map(given === undefined ? [] : [[name, given]])).load(config)
  const problem = (given: string) =>
    Effect.map(Effect.flip(Effect.asVoid(read(given))), (error) => sentences(error)[0])
  return { name, config, read, problem, row: () => allSettings().find((one) => one.name === name) }
}
const check = <A>(message: string, validation: (value: A) => boolean) => ({ message, validation })

describe("a setting", () => {
  const right: ReadonlyArray<
    readonly [what: string, read: Effect.Effect<unknown, ConfigError.ConfigError>, value: unknown]
  > = [
    ["an integer", declared(integer).read("-12"), -12],
    ["a size in octets", declared(bytes).read("1024"), 1024],
    ["a size with a unit", declared(bytes).read("2 MiB"), 2 * 1024 * 1024],
    ["a size with its unit close by", declared(bytes).read("3GiB"), 3 * 1024 ** 3],
    ["a duration", declared(duration).read("5 minutes"), Duration.minutes(5)],
    ["a text", declared(text).read(" as it is "), " as it is "],
    ["a boolean", declared(boolean).read("off"), false],
    ["a choice", declared(choice("one", "two")).read("two"), "two"],
    ["a list", declared(list(text)).read("a, b,c"), ["a", "b", "c"]]
  ]
  for (const [what, read, value] of right) {
    it.effect(`reads ${what}`, () => Effect.map(read, (found) => assert.deepEqual(found, value)))
  }

  for (const [{ name, problem }, given, said] of [
    [declared(integer), "1.5", 'must be an integer, not "1.5"'],
    [declared(integer), " ", 'must be an integer, not " "'],
    [declared(bytes), "5 MB", 'must be a size such as 1048576 or 1 MiB, not "5 MB"'],
    [declared(duration), "5", 'must be a duration such as 200 millis, 30 seconds or 5 minutes, not "5"'],
    [declared(boolean), "perhaps", 'must be true or false, not "perhaps"'],
    [declared(choice("one", "two")), "three", 'must be one of one, two, not "three"'],
    [declared(list(integer)), "1,x", 'must be an integer, or several with commas between, not "1,x"']
  ] as const) {
    it.effect(`that is ${given} says: ${said}`, () =>
      Effect.map(problem(given), (sentence) => assert.strictEqual(sentence, `${name} ${said}.`))
    )
  }

  it.effect("says what it must be beyond its type", () =>
    Effect.gen(function* () {
      const port = declared(integer, { default: 25, check: between(0, 65_535) })
      assert.strictEqual(
        yield* port.problem("70000"),
        `${port.name} must be an integer, 0 to 65535, not "70000".`
      )
      assert.strictEqual(yield* port.read("65535"), 65_535)
      const many = declared(integer, { check: atLeast(1) })
      assert.strictEqual(yield* many.problem("0"), `${many.name} must be an integer, 1 or more, not "0".`)
    })
  )

  it.effect("has its default where it is not set, and where it is set to nothing", () =>
    Effect.gen(function* () {
      const size = declared(bytes, { default: 64 })
      assert.strictEqual(yield* size.read(), 64)
      assert.strictEqual(yield* size.read(""), 64)
      const { config, read } = declared(text)
      assert.strictEqual((yield* Effect.flip(read("")))._op, "MissingData")
      assert.deepEqual(yield* ConfigProvider.fromMap(new Map()).load(Config.option(config)), Option.none())
    })
  )

  it.effect("that is a secret is never shown, nor is an address, which may hold one", () =>
    Effect.gen(function* () {
      const token = declared(secret, { check: check("a text of at least 32 characters", () => false) })
      assert.strictEqual(
        yield* token.problem("hunter2"),
        `${token.name} must be a text of at least 32 characters.`
      )
      const address = declared(url)
      assert.strictEqual(yield* address.problem("http://me:hunter2@ x"), `${address.name} must be a URL.`)
      const read = yield* declared(secret).read("hunter2")
      assert.strictEqual(Redacted.value(read), "hunter2")
      assert.notInclude(Inspectable.format(read), "hunter2")
    })
  )

  it("is a row of the table, its default written as one would set it", () => {
    const size = declared(bytes, { default: 64 * 1024, check: atLeast(0) })
    assert.deepInclude(size.row(), {
      type: "size, 0 or more",
      whenUnset: "64 KiB",
      meaning: "For this test.",
      isSecret: false
    })
    assert.strictEqual(declared(bytes, { default: 0 }).row()?.whenUnset, "0")
    assert.strictEqual(declared(duration, { default: Duration.seconds(90) }).row()?.whenUnset, "90 seconds")
    assert.strictEqual(declared(duration, { default: Duration.hours(1) }).row()?.whenUnset, "1 hour")
    assert.strictEqual(declared(duration, { default: Duration.millis(20) }).row()?.whenUnset, "20 millis")
    assert.strictEqual(declared(list(text), { default: ["a", "b"] }).row()?.whenUnset, "a,b")
    assert.strictEqual(declared(secret).row()?.isSecret, true)
    assert.strictEqual(declared(secret).row()?.whenUnset, null)
  })

  it("of a name that is taken is a defect", () => {
    const { name } = declared(text)
    assert.throws(
      () => setting({ name, type: integer, meaning: "Another." }),
      `two settings are called ${name}`
    )
  })
})
