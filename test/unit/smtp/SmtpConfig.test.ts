import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Exit } from "effect"
import { defaultSmtpSettings, SmtpConfig } from "../../../src/protocols/smtp/SmtpConfig.ts"

const read = (settings: Record<string, string>) =>
  Effect.provide(SmtpConfig, SmtpConfig.layerConfig).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))
  )

describe("SmtpConfig", () => {
  it.effect("has a default for everything", () =>
    Effect.map(read({}), (settings) => assert.deepStrictEqual(settings, defaultSmtpSettings))
  )

  it.effect("takes each limit from its setting", () =>
    Effect.gen(function* () {
      const settings = yield* read({
        POSTROOM_SMTP_HOSTNAME: "mx.example.test",
        POSTROOM_SMTP_MESSAGE_BYTES: "1000",
        POSTROOM_SMTP_BARE_LINE_BREAKS: "accept",
        POSTROOM_SMTP_REMOTE_CONNECTIONS: "7",
        POSTROOM_SMTP_LOOPBACK_MESSAGES_PER_MINUTE: "8",
        POSTROOM_SMTP_DATA_TIMEOUT: "90 seconds"
      })
      assert.strictEqual(settings.hostname, "mx.example.test")
      assert.strictEqual(settings.message.messageBytes, 1000)
      assert.strictEqual(settings.message.bareLineBreaks, "accept")
      assert.strictEqual(settings.remote.connections, 7)
      assert.strictEqual(settings.loopback.messagesPerMinute, 8)
      assert.deepStrictEqual(settings.dataTimeout, Duration.seconds(90))
    })
  )

  it.effect("refuses what makes no sense", () =>
    Effect.forEach(
      [
        { POSTROOM_SMTP_HOSTNAME: "mx example\r\n" },
        { POSTROOM_SMTP_RECIPIENTS: "-1" },
        { POSTROOM_SMTP_NUL_BYTES: "perhaps" }
      ],
      (settings) =>
        Effect.map(Effect.exit(read({ ...settings })), (exit) => assert.isTrue(Exit.isFailure(exit)))
    )
  )
})
