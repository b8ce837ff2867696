import { Config, Option } from "effect"
import { setting } from "../settings/setting.ts"
import { between, type SettingType, url } from "../settings/types.ts"

const fraction: SettingType<number> = {
  label: "number",
  expected: "a number",
  parse: (text) =>
    Option.liftPredicate(Number(text), (value) => text.trim() !== "" && Number.isFinite(value)),
  print: String,
  isShown: true
}

/** Where traces go, and how many of them. */
export const TraceConfig = Config.all({
  collector: Config.option(
    setting({
      name: "POSTROOM_OTLP_URL",
      type: url,
      meaning:
        "Collector of traces, OTLP over HTTP in JSON, e.g. http://127.0.0.1:4318. Not set = no traces.",
      check: {
        message: "of http or https, without a password",
        validation: ({ protocol, username, password }) =>
          /^https?:$/.test(protocol) && `${username}${password}` === ""
      }
    })
  ),
  ratio: setting({
    name: "POSTROOM_TRACE_RATIO",
    type: fraction,
    default: 0.01,
    meaning: "Share of messages and calls that are traced where their sender has not decided it.",
    check: between(0, 1)
  })
})
