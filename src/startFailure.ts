import { ConfigError } from "effect"
import { SettingsWrong, sentences } from "./settings/problems.ts"

/** Why the platform did not start, for whoever started it: without a stack. */
export const explain = (error: unknown): string => {
  if (ConfigError.isConfigError(error)) return explain(new SettingsWrong({ problems: sentences(error) }))
  const message = error instanceof Error ? error.message : String(error)
  return `Postroom did not start: ${message}`
}

/** 2: mend the command line or the settings; 1: something else is in the way. */
export const exitCodeOf = (error: unknown): 1 | 2 =>
  ConfigError.isConfigError(error) || error instanceof SettingsWrong ? 2 : 1
