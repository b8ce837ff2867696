import { Logger } from "effect"

/** Log lines kept in memory: their annotations, with the message under its name. */
export const logLines = () => {
  const lines: Array<Readonly<Record<string, unknown>>> = []
  const collect = Logger.make(({ annotations, message }) => {
    lines.push({ message: [message].flat().map(String).join(" "), ...Object.fromEntries(annotations) })
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, collect) }
}
