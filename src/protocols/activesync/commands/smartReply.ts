import type { Command } from "../Command.ts"
import { type ComposeServices, sending } from "./sending.ts"

/** Sends an answer to a message that lies here, without the device having to send that one back (MS-ASCMD 2.2.1.20). */
export const smartReply = (services: ComposeServices): Command => sending(services, "reply")
