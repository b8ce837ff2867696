import { ConfigError } from "effect"

/** Why the platform did not start, for whoever started it: one sentence, without a stack. */
export const explain = (error: unknown): string => {
  if (ConfigError.isConfigError(error))
    return `Postroom did not start: a setting is wrong. ${settings(error)}`
  const message = error instanceof Error ? error.message : String(error)
  return `Postroom did not start: ${message}`
}

/** Every wrong setting by its name, e.g. `POSTROOM_SMTP_PORT: a port number, 0 to 65535`. */
const settings = (error: ConfigError.ConfigError): string => {
  switch (error._op) {
    case "And":
    case "Or":
      return `${settings(error.left)} ${settings(error.right)}`
    default:
      return `${error.path.join("_")}: ${error.message}.`
  }
}
