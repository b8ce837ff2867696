import { Context } from "effect"
import type { Command, CommandName } from "./Command.ts"

/** The commands that this server has; the others are answered as unknown. */
export class Commands extends Context.Tag("postroom/protocols/activesync/Commands")<
  Commands,
  Readonly<Partial<Record<CommandName, Command>>>
>() {}
