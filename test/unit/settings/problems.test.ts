import { assert, describe, it } from "@effect/vitest"
import { ConfigError, ConfigProvider, Effect } from "effect"
import { SettingsWrong, unknownNames, wrongValues } from "../../../src/settings/problems.ts"
import { allSettings, register } from "../../../src/settings/setting.ts"
import "../../../src/settings/otherPrograms.ts"
import "../../../src/ports.ts"
import { exitCodeOf, explain } from "../../../src/startFailure.ts"

register({
  name: "POSTROOM_UNIT_TOKEN",
  type: "secret",
  whenUnset: null,
  meaning: "For this test.",
  isSecret: true,
  usedBy: "server"
})

const unknown = (...names: ReadonlyArray<string>) => unknownNames(names, allSettings())

describe("a name that no setting has", () => {
  for (const [name, meant] of [
    ["POSTROOM_SMPT_PORT", "POSTROOM_SMTP_PORT"],
    ["POSTROOM_HTTPPORT", "POSTROOM_HTTP_PORT"],
    ["POSTROOM_PORTOFSET", "POSTROOM_PORT_OFFSET"],
    ["POSTROOM_UNIT_TOKN_FILE", "POSTROOM_UNIT_TOKEN_FILE"]
  ] as const) {
    it(`${name} is told with the one that was meant`, () => {
      assert.deepEqual(unknown(name), [`there is no setting ${name}. Did you mean ${meant}?`])
    })
  }

  it("is told alone where nothing is like it", () => {
    assert.deepEqual(unknown("POSTROOM_COLOUR"), ["there is no setting POSTROOM_COLOUR."])
    assert.deepEqual(unknown("POSTROOM_PORT"), ["there is no setting POSTROOM_PORT."])
    // A name of the tests is known, but nobody means it.
    assert.deepEqual(unknown("POSTROOM_CHAOS_ROUNDZ"), ["there is no setting POSTROOM_CHAOS_ROUNDZ."])
  })

  it("is none of the settings, a secret's file, or what the command line and the tests read", () => {
    assert.deepEqual(
      unknown("POSTROOM_HOST", "POSTROOM_UNIT_TOKEN_FILE", "POSTROOM_PASSWORD", "POSTROOM_CHAOS_ROUNDS"),
      []
    )
  })

  it("is the file of what is no secret, or of another program's", () => {
    assert.strictEqual(unknown("POSTROOM_GRPC_PORT_FILE", "POSTROOM_PASSWORD_FILE").length, 2)
  })
})

describe("settings that are wrong", () => {
  it.effect("are told all at once", () =>
    Effect.map(
      wrongValues(
        ConfigProvider.fromMap(
          new Map([
            ["POSTROOM_SMTP_PORT", "smtp"],
            ["POSTROOM_GRPC_PORT", "70000"],
            ["POSTROOM_LMTP_PORT", "24"]
          ])
        ),
        allSettings()
      ),
      (problems) => {
        assert.deepEqual(problems, [
          'POSTROOM_GRPC_PORT must be an integer, 0 to 65535, not "70000".',
          'POSTROOM_SMTP_PORT must be an integer, 0 to 65535, not "smtp".'
        ])
        assert.strictEqual(
          explain(new SettingsWrong({ problems })),
          ["Postroom did not start: 2 settings are wrong.", `  ${problems[0]}`, `  ${problems[1]}`].join("\n")
        )
      }
    )
  )

  it("are one sentence where it is one, also where a layer finds it", () => {
    const problem = "there is no setting POSTROOM_X."
    assert.strictEqual(
      explain(new SettingsWrong({ problems: [problem] })),
      `Postroom did not start: ${problem}`
    )
    assert.strictEqual(
      explain(ConfigError.InvalidData(["POSTROOM_X"], "names several servers")),
      "Postroom did not start: POSTROOM_X names several servers."
    )
  })

  it("end the program otherwise than what is in its way", () => {
    assert.strictEqual(exitCodeOf(new SettingsWrong({ problems: [] })), 2)
    assert.strictEqual(exitCodeOf(ConfigError.MissingData(["POSTROOM_X"], "")), 2)
    assert.strictEqual(exitCodeOf(new Error("Port 25 is in use")), 1)
  })
})
