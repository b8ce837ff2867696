import { Cause, Config, Effect, Layer, Logger, LogLevel } from "effect"

const level = Config.logLevel("POSTROOM_LOG_LEVEL").pipe(
  Config.withDefault(LogLevel.Info),
  Config.withDescription("Least level that is logged: Debug, Info, Warning, Error.")
)

const format = Config.literal(
  "json",
  "pretty"
)("POSTROOM_LOG_FORMAT").pipe(
  Config.withDefault(process.stderr.isTTY ? "pretty" : "json"),
  Config.withDescription("`json`, one object per line, or `pretty` for people; the latter in a terminal.")
)

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
