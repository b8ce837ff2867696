import { Array as Arr, Cause, Effect, Layer, Logger, LogLevel } from "effect"
import { setting } from "../settings/setting.ts"
import { choice, type SettingType } from "../settings/types.ts"

const logLevel: SettingType<LogLevel.LogLevel> = {
  label: "`Debug`, `Info`, `Warning`, `Error`",
  expected: "one of Debug, Info, Warning, Error",
  parse: (text) =>
    Arr.findFirst(LogLevel.allLevels, (one) =>
      [one._tag, one.label].some((name) => name.toLowerCase() === text.toLowerCase())
    ),
  print: ({ _tag }) => _tag,
  isShown: true
}

const level = setting({
  name: "POSTROOM_LOG_LEVEL",
  type: logLevel,
  default: LogLevel.Info,
  meaning: "Least level that is logged."
})

const format = setting({
  name: "POSTROOM_LOG_FORMAT",
  type: choice("json", "pretty"),
  default: process.stderr.isTTY ? "pretty" : "json",
  defaultText: "pretty in a terminal, else json",
  meaning: "One JSON object per line, or text for people."
})

/** One JSON object per line on stderr: time, level, message, cause and the annotations, e.g. `correlation_id`. */
const json = Logger.make(({ annotations, cause, date, logLevel, message }) => {
  const line: Record<string, unknown> = {
    time: date.toISOString(),
    level: logLevel.label.toLowerCase(),
    message: Array.isArray(message) && message.length === 1 ? message[0] : message
  }
  for (const [key, value] of annotations) line[key] = value
  if (cause._tag !== "Empty") line["cause"] = Cause.pretty(cause, { renderErrorCause: true })
  process.stderr.write(`${JSON.stringify(line)}\n`)
})

/** Logs of the whole process, by configuration. */
export const layer = Layer.unwrapEffect(
  Effect.map(Effect.all([level, format]), ([least, shape]) =>
    Layer.merge(
      Logger.minimumLogLevel(least),
      shape === "pretty" ? Logger.pretty : Logger.replace(Logger.defaultLogger, json)
    )
  )
)
