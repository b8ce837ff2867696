import type { Command } from "../Command.ts"
import { type ComposeServices, sending } from "./sending.ts"

/** Sends a message that lies here on, with all that it carries (MS-ASCMD 2.2.1.19). */
export const smartForward = (services: ComposeServices): Command => sending(services, "forward")
